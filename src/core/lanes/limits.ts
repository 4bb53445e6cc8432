import { laneNames, type LaneName } from '../../catalogue/lanes.ts';
import { HaiosError } from '../errors.ts';

export interface LaneLimits {
  readonly global: number;
  readonly lanes: Readonly<Record<LaneName, number>>;
  /** The most slots with borrowed ones; a lane that is not named has its limit. */
  readonly maximum: Readonly<Partial<Record<LaneName, number>>>;
  /** Most calls that may wait in one lane. */
  readonly queue: number;
  /** Whether idle lanes lend slots to busy ones. */
  readonly rebalance: boolean;
}

/** Throws CONFIG_INVALID for a limit that is no whole number from 1. */
export function checkLimits({ global, lanes, maximum, queue }: LaneLimits): void {
  check('lanes.global', global);
  check('lanes.queue', queue);
  for (const lane of laneNames) {
    check(`lanes.${lane}`, lanes[lane]);
    if (maximum[lane] !== undefined) check(`lanes.maximum.${lane}`, maximum[lane]);
  }
}

export function sameLimits(a: LaneLimits, b: LaneLimits): boolean {
  return (
    a.global === b.global &&
    a.queue === b.queue &&
    a.rebalance === b.rebalance &&
    laneNames.every((lane) => a.lanes[lane] === b.lanes[lane] && a.maximum[lane] === b.maximum[lane])
  );
}

function check(name: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 1) return;
  throw new HaiosError('CONFIG_INVALID', `${name} is ${value}; it must be a whole number from 1.`);
}
