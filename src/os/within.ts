/** Waiting, but not for ever. */

/**
 * Settles as the promise does, or after `ms` milliseconds as `late` does. Leaves no timer behind.
 * @param late called only if time is over; may throw
 */
export async function within<Result, Late>(
  ms: number,
  promise: Promise<Result>,
  late: () => Late,
): Promise<Result | Late> {
  const { promise: expired, resolve } = Promise.withResolvers<void>();
  // After a stall of this process or of the whole machine it may have come, unread yet.
  const timer = setTimeout(() => setImmediate(resolve), ms);
  try {
    return await Promise.race([promise, expired.then(late)]);
  } finally {
    clearTimeout(timer);
  }
}
