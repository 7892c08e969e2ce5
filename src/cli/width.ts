/** How wide text is on a terminal, and how it is made narrower. */

/** @param text without control characters */
export function displayWidth(text: string): number {
  if (ASCII.test(text)) return text.length;
  let width = 0;
  for (const { segment } of segmenter.segment(text)) width += segmentWidth(segment);
  return width;
}

/** Leaves out the end, or with `middle` the middle, of what is wider than `width`. */
export function cut(text: string, width: number, middle = false): string {
  if (displayWidth(text) <= width) return text;
  if (width < 1) return "";
  const room = width - 1;
  const end = middle ? Math.floor(room / 2) : 0;
  return `${start(text, room - end)}…${start(text, end, true)}`;
}

/** As much of the text, from its start or its end, as is not wider. */
function start(text: string, width: number, fromEnd = false): string {
  const segments = [...segmenter.segment(text)].map(({ segment }) => segment);
  if (fromEnd) segments.reverse();
  const taken: string[] = [];
  let used = 0;
  for (const segment of segments) {
    used += segmentWidth(segment);
    if (used > width) break;
    taken.push(segment);
  }
  return (fromEnd ? taken.reverse() : taken).join("");
}

function segmentWidth(segment: string): number {
  if (NOTHING.test(segment)) return 0;
  return WIDE.test(segment) ? 2 : 1;
}

const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });
const ASCII = /^[ -~]*$/;
const NOTHING = /^[\p{Mn}\p{Me}\p{Cf}]+$/u;
/** East Asian Wide and Fullwidth (Unicode's UAX #11), and what is shown as a picture. */
const WIDE =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1f000}-\u{1faff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|\ufe0f/u;
