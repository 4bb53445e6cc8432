/** A defect that is put into a copy of the source, to see that a test catches it. */
export interface Mutant {
  /** What the code it breaks is for. */
  readonly guard: string;
  readonly defect: string;
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly find: string;
  readonly replace: string;
  /** Further changes of the file, without which the defect would be no TypeScript. */
  readonly also?: readonly { readonly find: string; readonly replace: string }[];
  /** Arguments of mocha: the files one of whose tests must fail. */
  readonly tests: readonly string[];
}
