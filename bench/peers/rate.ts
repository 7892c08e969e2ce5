/** How many requests a second are answered, with some under way at any time. */

const WINDOW = 16;

/** @param ms for how long to ask; what was asked by then is waited for */
export async function requestRate(request: () => Promise<unknown>, ms: number): Promise<number> {
  const begun = performance.now();
  let answered = 0;
  const ask = async (): Promise<void> => {
    while (performance.now() - begun < ms) {
      await request();
      answered++;
    }
  };
  await Promise.all(Array.from({ length: WINDOW }, ask));
  return (answered * 1000) / (performance.now() - begun);
}
