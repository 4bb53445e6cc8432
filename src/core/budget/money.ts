/** Dollars of a config file or a flag → integer nano-dollars, half-up. */
export function toNano(usd: number): number {
  return Math.round(usd * 1e9);
}
