/** The end of what there is too much of. */

/** As much of the end as fits, from the beginning of a line if there is one. */
export function lastLines(bytes: Uint8Array, limit: number): Uint8Array {
  if (bytes.length <= limit) return bytes;
  const newline = bytes.indexOf(NEWLINE, bytes.length - limit - 1);
  const start = newline < 0 || newline === bytes.length - 1 ? bytes.length - limit : newline + 1;
  return bytes.subarray(start);
}

const NEWLINE = 0x0a;
