/** Shorter values would blank out ordinary words, so they are not looked for. */
const shortest = 6;
/** Below this, the inner part of a base64 form is too short to be told from chance. */
const shortestEncoded = 8;

/**
 * Every way a secret may be written down: as it is, JSON-escaped (once and twice), percent-encoded, in hex, and in
 * base64 or base64url at any of the three offsets it can have inside a longer text. The longest come first, so that
 * one form is not cut by a shorter one.
 */
export function secretForms(secrets: readonly string[]): readonly string[] {
  const forms = new Set<string>();
  for (const secret of secrets) {
    const value = secret.trim();
    if (value.length < shortest) continue;
    forms.add(value);
    const escaped = inner(JSON.stringify(value));
    forms.add(escaped);
    forms.add(inner(JSON.stringify(escaped)));
    const percent = encodeURIComponent(value.replace(/\p{Surrogate}/gu, '\ufffd'));
    forms.add(percent);
    forms.add(percent.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()));
    forms.add(percent.replaceAll('%20', '+'));
    const bytes = new TextEncoder().encode(value);
    if (bytes.length < shortestEncoded) continue;
    const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
    forms.add(hex);
    forms.add(hex.toUpperCase());
    for (const form of base64Forms(bytes)) forms.add(form);
  }
  return [...forms].sort((a, b) => b.length - a.length);
}

function inner(quoted: string): string {
  return quoted.slice(1, -1);
}

/** The characters that stand for the bytes alone, whatever comes before and after them. */
function base64Forms(bytes: Uint8Array): string[] {
  return [0, 1, 2].flatMap((offset) => {
    const padded = new Uint8Array(offset + bytes.length);
    padded.set(bytes, offset);
    const text = Buffer.from(padded).toString('base64').replace(/=+$/, '');
    const end = Math.floor(((offset + bytes.length) * 8) / 6);
    const plain = text.slice(Math.ceil((offset * 8) / 6), end);
    return [plain, plain.replaceAll('+', '-').replaceAll('/', '_')];
  });
}
