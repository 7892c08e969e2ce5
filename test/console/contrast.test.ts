/** Whoever sees less can read the page: WCAG 2.2's contrast, of light and dark. */
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { test } from "node:test";

const file = path.join(import.meta.dirname, "../../src/console/styles/theme.css");
const colours = new Map(
  [...fs.readFileSync(file, "utf8").matchAll(/--([\w-]+): light-dark\((#\w+), (#\w+)\);/g)].map(
    ([, name = "", light = "", dark = ""]) => [name, { light, dark }],
  ),
);

/** The relative luminance of `#rrggbb`. */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [more = 0, less = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (more + 0.05) / (less + 0.05);
}

const GROUNDS = ["ground", "surface", "raised", "sunken"];
const TEXTS = ["ink", "quiet", "green", "amber", "red", "slate", "blue", "accent"];
const CHIPS = ["green-soft", "amber-soft", "red-soft", "slate-soft"];

for (const theme of ["light", "dark"] as const) {
  const of = (name: string): string => {
    const found = colours.get(name);
    assert.ok(found !== undefined, name);
    return found[theme];
  };
  const check = (texts: string[], grounds: string[], least: number): void => {
    for (const text of texts)
      for (const ground of grounds) {
        const found = contrast(of(text), of(ground));
        assert.ok(found >= least, `${text} on ${ground}: ${found.toFixed(2)}, and not ${least}`);
      }
  };
  test(`what is read is told from what it stands on: ${theme}`, () => {
    check(TEXTS, GROUNDS, 4.5);
    check(["ink"], CHIPS, 4.5);
    check(["on-accent"], ["accent"], 4.5);
  });
  test(`edges of what is pressed and the focus are told from what they stand on: ${theme}`, () => {
    check(["line-strong", "focus"], ["ground", "surface", "raised"], 3);
  });
}

test("the contrast of black and white is 21, of one grey with itself 1", () => {
  assert.equal(Math.round(contrast("#000000", "#ffffff")), 21);
  assert.equal(contrast("#777777", "#777777"), 1);
});
