/** Of the runs that had a forecast of a measure: how many, and in how many the truth lay in its range. */
export interface Hits {
  readonly of: number;
  readonly within: number;
}

/** Runs that succeeded in a time, and the forecasts made before they began. */
export interface BackTest {
  /** Runs that were asked about, those without enough history then included. */
  readonly runs: number;
  readonly durationMs: Hits;
  readonly tokens: Hits;
  /** Runs with an unpriced call are left out: their truth is not known. */
  readonly nusd: Hits;
  readonly memBytes: Hits;
}
