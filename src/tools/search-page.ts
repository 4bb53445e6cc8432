/** What part of the matching lines is shown. */
export interface PageRequest {
  readonly context: number;
  readonly maxResults: number;
  readonly offset: number;
  readonly maxBytes: number;
}

const maxLineLength = 500;

/** Counts all matching lines of a search and keeps the text of those on the page asked for. */
export class SearchPage {
  matches = 0;
  files = 0;
  readonly lines: string[] = [];
  /** The offset of the first matching line that is not shown although it comes after the page's start; null at the end. */
  next: number | null = null;
  readonly #request: PageRequest;
  #bytes = 0;

  constructor(request: PageRequest) {
    this.#request = request;
  }

  /** Begins a file. What is found in it counts only once it is committed. */
  begin(name: string): FileMatches {
    return new FileMatches(
      name,
      this.#request,
      this.matches,
      this.next === null ? this.#request.maxBytes - this.#bytes : 0,
    );
  }

  commit(file: FileMatches): void {
    if (file.matches === 0) return;
    this.matches += file.matches;
    this.files += 1;
    this.next ??= file.next;
    if (file.lines.length === 1) return;
    for (const line of file.lines) this.lines.push(line);
    this.#bytes += file.bytes;
  }
}

/** The matching lines of one file: its heading, then `LINE:text`, and `LINE-text` for context. */
class FileMatches {
  matches = 0;
  bytes: number;
  next: number | null = null;
  readonly lines: string[];
  readonly #request: PageRequest;
  readonly #before: number;
  readonly #maxBytes: number;
  #held: string[] = [];
  #after = 0;

  constructor(name: string, request: PageRequest, before: number, maxBytes: number) {
    this.lines = [`== ${name}`];
    this.bytes = Buffer.byteLength(name) + 4;
    this.#request = request;
    this.#before = before;
    this.#maxBytes = maxBytes;
  }

  line(number: number, text: string, matched: boolean): void {
    if (matched && this.#show(number, text)) return;
    if (this.#request.context === 0) return;
    const line = `${number}-${shorten(text)}`;
    if (this.#after > 0) {
      this.#after -= 1;
      this.#add(line);
      return;
    }
    this.#held.push(line);
    if (this.#held.length > this.#request.context) this.#held.shift();
  }

  /** Counts a matching line and shows it if it is on the page. */
  #show(number: number, text: string): boolean {
    const index = this.#before + this.matches;
    this.matches += 1;
    const { offset, maxResults, context } = this.#request;
    if (index < offset || this.next !== null) return false;
    const line = `${number}:${shorten(text)}`;
    const size = [...this.#held, line].reduce((sum, held) => sum + Buffer.byteLength(held) + 1, 0);
    if (index >= offset + maxResults || this.bytes + size > this.#maxBytes) {
      this.next = index;
      return false;
    }
    for (const held of this.#held) this.#add(held);
    this.#held = [];
    this.#add(line);
    this.#after = context;
    return true;
  }

  #add(line: string): void {
    this.lines.push(line);
    this.bytes += Buffer.byteLength(line) + 1;
  }
}

function shorten(text: string): string {
  const shown = text.length > maxLineLength ? `${text.slice(0, maxLineLength)}…` : text;
  return shown.endsWith('\r') ? shown.slice(0, -1) : shown;
}
