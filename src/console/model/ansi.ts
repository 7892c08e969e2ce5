/**
 * A line of output, as pieces of text with the colours that its escape sequences ask for. Of all
 * sequences (ECMA-48) only colours and weights have an effect; the rest is left out.
 */
import { printable } from "./printable.ts";

export interface Piece {
  text: string;
  /** Names of styles, apart by spaces: `red bold`. */
  style: string;
}

export function piecesOf(line: string): Piece[] {
  if (!line.includes(ESC) && !line.includes(CSI)) return [{ text: shown(line), style: "" }];
  const pieces: Piece[] = [];
  let style: Style = PLAIN;
  for (const [index, part] of line.split(SEQUENCE).entries()) {
    if (index % 2 === 1) style = styled(style, part);
    else if (part !== "") pieces.push({ text: shown(part), style: nameOf(style) });
  }
  return pieces;
}

/** What one reads, for a search. */
export function plainText(line: string): string {
  return piecesOf(line)
    .map(({ text }) => text)
    .join("");
}

interface Style {
  colour: string;
  isBold: boolean;
  isDim: boolean;
}

function styled(before: Style, sequence: string): Style {
  const numbers = COLOURING.exec(sequence)?.[1];
  if (numbers === undefined) return before;
  let style = before;
  const codes = numbers.split(/[;:]/).map(Number);
  for (let at = 0; at < codes.length; at++) {
    const code = codes[at] ?? 0;
    if (code === 38 || code === 48)
      at += codes[at + 1] === 2 ? 4 : 2; // Palettes are not ours.
    else style = withCode(style, code);
  }
  return style;
}

function withCode(style: Style, code: number): Style {
  if (code === 0) return PLAIN;
  if (code === 1) return { ...style, isBold: true };
  if (code === 2) return { ...style, isDim: true };
  if (code === 22) return { ...style, isBold: false, isDim: false };
  if (code === 39) return { ...style, colour: "" };
  const colour = code >= 90 ? code - 90 : code - 30;
  return colour >= 0 && colour < COLOURS.length
    ? { ...style, colour: COLOURS[colour] ?? "" }
    : style;
}

function nameOf({ colour, isBold, isDim }: Style): string {
  return [colour, isBold ? "bold" : "", isDim ? "dim" : ""].filter((one) => one !== "").join(" ");
}

/** Tabs stay: they are what columns are made of. */
function shown(text: string): string {
  return text.replace(/\r$/, "").split("\t").map(printable).join("\t");
}

const PLAIN: Style = { colour: "", isBold: false, isDim: false };
/** Black and white are whatever text is here, light or dark. */
const COLOURS = ["", "red", "green", "yellow", "blue", "magenta", "cyan", ""];
const ESC = "\u001b";
const CSI = "\u009b";
const SEQUENCE = new RegExp(
  `(${[
    `(?:${ESC}\\[|${CSI})[0-?]*[ -/]*[@-~]?`,
    `(?:${ESC}[\\]PX^_]|[\u0090\u0098\u009d-\u009f])[^\u0007${ESC}\u009c]*(?:\u0007|${ESC}\\\\|\u009c)?`,
    `${ESC}[ -/]*[0-~]?`,
  ].join("|")})`,
);
const COLOURING = new RegExp(`^(?:${ESC}\\[|${CSI})([0-9;:]*)m$`);
