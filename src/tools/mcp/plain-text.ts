/**
 * A server's text without what cannot be seen and yet is read: control characters (but line ends and tabs), changes of
 * direction, the tag characters in which whole sentences can be hidden, and halves of characters, which providers refuse.
 */
export function plainText(text: string): string {
  return text.replace(/\r\n?/g, '\n').replace(unseen, '');
}

/** The same, at most `max` characters, and saying so when cut. */
export function cutPlainText(text: string, max: number): string {
  const clean = plainText(text.slice(0, max * 2));
  if (clean.length <= max && text.length <= max * 2) return clean;
  return `${clean.slice(0, max - 1).replace(/\p{Cs}/gu, '')}…`;
}

/** The same on one line. */
export function plainLine(text: string, max: number): string {
  return cutPlainText(text.slice(0, max * 8).replace(/\s+/g, ' '), max).trim();
}

const unseen =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]|\p{Cs}/gu;
