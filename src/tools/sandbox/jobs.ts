/** What a sandbox thread is asked, one message each. Folders are absolute and real. */
export type ThreadJob = ListRequest | FindRequest | ReplaceRequest | DiffRequest;

/** Where to look. */
export interface Place {
  readonly workspace: string;
  /** The folder to walk, or the one file to look at. */
  readonly start: string;
  readonly startIsFile: boolean;
  /** Relative to `start`; without a `/` it is matched against names at any depth. */
  readonly glob: string | null;
  /** Patterns of paths that are as if they were not there. */
  readonly denied: readonly string[];
}
export interface ListRequest {
  readonly op: 'list';
  readonly place: Place;
  readonly details: boolean;
  readonly maxResults: number;
  readonly offset: number;
  readonly maxBytes: number;
}
export interface FindRequest {
  readonly op: 'find';
  readonly place: Place;
  readonly pattern: string;
  readonly regex: boolean;
  readonly caseSensitive: boolean;
  readonly wholeWord: boolean;
  readonly context: number;
  readonly maxResults: number;
  readonly offset: number;
  readonly maxBytes: number;
}
export interface ReplaceRequest {
  readonly op: 'replace';
  readonly text: string;
  readonly find: string;
  readonly replace: string;
  readonly regex: boolean;
  readonly caseSensitive: boolean;
  readonly all: boolean;
  /** A longer result is refused. */
  readonly maxBytes: number;
}

export interface DiffRequest {
  readonly op: 'diff';
  /** As it is shown. */
  readonly name: string;
  /** Null for a new file. */
  readonly before: string | null;
  readonly after: string;
  /** A comparison that takes longer is given up. */
  readonly limitMs: number;
}

/** What it answers, once each. `failed` carries a sentence for the model; a `diff` of null was given up. */
export type ThreadAnswer =
  | { readonly op: 'list'; readonly text: string }
  | { readonly op: 'find'; readonly text: string }
  | { readonly op: 'replace'; readonly text: string; readonly matches: number; readonly replaced: number }
  | { readonly op: 'diff'; readonly text: string | null }
  | { readonly op: 'failed'; readonly message: string };

export type AnswerTo<J extends ThreadJob> = Extract<ThreadAnswer, { op: J['op'] }>;
