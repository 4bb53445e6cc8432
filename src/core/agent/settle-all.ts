/** Like Promise.all, but waits for all: nothing goes on behind the back of one that failed. Throws what the first of the list threw. */
export async function settleAll<const T extends readonly unknown[]>(
  work: T,
): Promise<{ -readonly [P in keyof T]: Awaited<T[P]> }> {
  const settled = await Promise.allSettled(work);
  return settled.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  }) as { -readonly [P in keyof T]: Awaited<T[P]> };
}
