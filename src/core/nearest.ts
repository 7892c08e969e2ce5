/** The known word that a mistyped one was probably meant to be. */

/** @returns the nearest of `known`, unless even that is far off */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const wanted = plain(word);
  let best: { name: string; distance: number } | undefined;
  for (const name of known) {
    const distance = editDistance(wanted, plain(name));
    if (best === undefined || distance < best.distance) best = { name, distance };
  }
  if (best === undefined || best.distance > Math.max(1, Math.floor(wanted.length / 3)))
    return undefined;
  return best.name;
}

/** `stdout_file`, `--stdout-file` and `stdoutFile` are the same word to whoever mistypes them. */
function plain(word: string): string {
  return word.toLowerCase().replace(/[-_]/g, "");
}

/** How many characters must be put in, left out, changed or swapped with the next one. */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let above: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i++) {
    before = above;
    above = row;
    row = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (above[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swap = isSwapped ? (before[j - 2] ?? 0) + 1 : change;
      row.push(Math.min(change, swap, (above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
  }
  return row[b.length] ?? 0;
}
