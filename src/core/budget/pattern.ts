/**
 * Whether a text is of a shell-style pattern: `*` stands for any text, `?` for one character, all else for itself, as
 * SQLite's GLOB reads it (the configuration allows no brackets in a pattern). Takes time in proportion to both lengths
 * multiplied at most: patterns come from files of strangers.
 */
export function matches(pattern: string, text: string): boolean {
  const wanted = Array.from(pattern);
  const given = Array.from(text);
  let at = 0;
  let star = -1;
  let resume = 0;
  for (let next = 0; next < given.length;) {
    const one = wanted[at];
    if (one === '*') {
      star = at++;
      resume = next;
    } else if (one === '?' || one === given[next]) {
      at++;
      next++;
    } else if (star >= 0) {
      // The last star takes one character more; what the earlier ones took need never be looked at again.
      at = star + 1;
      next = ++resume;
    } else {
      return false;
    }
  }
  return wanted.slice(at).every((rest) => rest === '*');
}
