/** Which records go when there are too many, or they take too much room. Pure. */

export interface Kept {
  /** A later record has a higher one. */
  id: number;
  /** Bytes. */
  size: number;
}

export interface Limits {
  /** How many records. */
  keep: number;
  /** How many bytes all of them may take. The newest record stays, however large it is. */
  maxSize: number;
}

/** @returns the ids of those that are to go, the oldest first */
export function surplus(records: readonly Kept[], { keep, maxSize }: Limits): number[] {
  const newestFirst = records.toSorted((a, b) => b.id - a.id);
  let size = 0;
  const staying = newestFirst.findIndex((record, i) => {
    size += record.size;
    return i >= keep || (i > 0 && size > maxSize);
  });
  if (staying < 0) return [];
  return newestFirst
    .slice(staying)
    .map(({ id }) => id)
    .reverse();
}
