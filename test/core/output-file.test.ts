/** Output files that are rotated: sizes, names, and which file goes where. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import {
  byteCount,
  draftName,
  fitting,
  oldFile,
  outputOf,
  rotation,
  toCompress,
} from "../../src/core/output-file.ts";

describe("sizes", () => {
  const SIZES: [size: number | string, bytes: number | undefined][] = [
    [4096, 4096],
    ["4096", 4096],
    ["4096B", 4096],
    ["500K", 500 * 1024],
    ["10M", 10 * 1024 ** 2],
    ["10 MiB", 10 * 1024 ** 2],
    ["10mb", 10 * 1024 ** 2],
    ["2G", 2 * 1024 ** 3],
    ["1T", 1024 ** 4],
    ["", undefined],
    ["M", undefined],
    ["1.5M", undefined],
    ["-1", undefined],
    ["10X", undefined],
    ["99999999T", undefined],
    [-1, undefined],
    [0.5, undefined],
    [Number.NaN, undefined],
  ];
  for (const [size, bytes] of SIZES) {
    test(`${JSON.stringify(size)} is ${bytes}`, () => assert.equal(byteCount(size), bytes));
  }

  test("what is not said has a default", () => {
    assert.deepEqual(outputOf({ name: "a", output: { file: "f" } }), {
      file: "f",
      maxSize: 10 * 1024 ** 2,
      keep: 5,
      compress: false,
    });
    const output = { file: "f", maxSize: "2K", keep: 0, compress: true };
    assert.deepEqual(outputOf({ name: "a", output }), { ...output, maxSize: 2048 });
    assert.equal(outputOf({ name: "a" }), undefined);
  });
});

describe("names", () => {
  test("old files are those with a number of up to three digits", () => {
    assert.deepEqual(oldFile("out", "out.1"), { number: 1, isCompressed: false });
    assert.deepEqual(oldFile("out", "out.999.gz"), { number: 999, isCompressed: true });
    for (const name of ["out", "out.", "out.0", "out.01", "out.20261128", "out.1.bz2", "oot.1"])
      assert.equal(oldFile("out", name), undefined, name);
    assert.equal(oldFile("out", draftName("out", 1)), undefined);
  });
});

describe("rotation", () => {
  test("each moves on by one, and the oldest goes", () => {
    assert.deepEqual(rotation("f", ["f", "f.1", "f.2", "other"], 2), [
      { remove: "f.2" },
      { rename: "f.1", to: "f.2" },
      { rename: "f", to: "f.1" },
    ]);
  });

  test("compressed ones move on as they are", () => {
    assert.deepEqual(rotation("f", ["f", "f.1.gz", "f.2"], 3), [
      { rename: "f.2", to: "f.3" },
      { rename: "f.1.gz", to: "f.2.gz" },
      { rename: "f", to: "f.1" },
    ]);
  });

  test("a gap, as an interruption leaves one, is filled, and nothing beyond it moves", () => {
    assert.deepEqual(rotation("f", ["f", "f.1", "f.3"], 3), [
      { rename: "f.1", to: "f.2" },
      { rename: "f", to: "f.1" },
    ]);
  });

  test("of more than are kept the rest goes, up to a gap", () => {
    assert.deepEqual(rotation("f", ["f", "f.1", "f.2", "f.3.gz", "f.5"], 1), [
      { remove: "f.2" },
      { remove: "f.3.gz" },
      { remove: "f.1" },
      { rename: "f", to: "f.1" },
    ]);
  });

  test("without old ones the file itself goes", () => {
    assert.deepEqual(rotation("f", ["f", "f.1"], 0), [{ remove: "f.1" }, { remove: "f" }]);
  });

  test("what a compression that was broken off has left goes", () => {
    assert.deepEqual(rotation("f", ["f", "f.1.gz.new"], 1), [
      { remove: "f.1.gz.new" },
      { rename: "f", to: "f.1" },
    ]);
  });

  test("broken off anywhere and done again, only the oldest are lost, and the order stays", () => {
    const property = fc.property(
      fc.integer({ min: 0, max: 4 }),
      fc.array(fc.integer({ min: 0, max: 8 }), { maxLength: 12 }),
      fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }),
      (keep, stops, compressed) => {
        const disk = new Map<string, number>();
        let last = 0;
        for (const [i, stop] of [...stops, 99].entries()) {
          if (!disk.has("f")) disk.set("f", ++last);
          carryOut(disk, rotation("f", [...disk.keys()], keep).slice(0, stop));
          if (compressed[i]) compressAll(disk, keep);
          const kept = inOrder(disk);
          assert.deepEqual(
            kept,
            [...kept].sort((a, b) => a - b),
            "oldest to newest",
          );
          const newest = Array.from({ length: kept.length }, (_, n) => last - kept.length + 1 + n);
          if (kept.at(-1) === last || kept.length > 0) assert.deepEqual(kept, newest, "no hole");
        }
        assert.ok(inOrder(disk).length <= keep);
      },
    );
    fc.assert(property, { numRuns: 500 });
  });
});

describe("compression", () => {
  test("is for what is kept and is not compressed yet", () => {
    const names = ["f", "f.2", "f.1.gz", "f.3", "f.3.gz", "f.4"];
    assert.deepEqual(toCompress("f", names, 3), [
      { number: 2, isDone: false },
      { number: 3, isDone: true },
    ]);
  });
});

describe("what a file takes", () => {
  const bytes = (text: string) => new TextEncoder().encode(text);
  const CASES: [what: string, text: string, size: number, isInLine: boolean, taken: number][] = [
    ["all that fits", "ab\ncd\n", 4, false, 6],
    ["whole lines, as many as fit", "ab\ncd\n", 5, false, 3],
    ["nothing of a line that does not fit", "abcdefgh\n", 5, false, 0],
    ["nothing if it is full", "a\n", 10, false, 0],
    ["nothing if it is more than full", "a\n", 15, false, 0],
    ["as much as it can hold of a line that fits in none", "abcdefghijkl\n", 0, false, 10],
    ["as much as it can hold of a line that has begun here", "abcdefghijkl\n", 4, true, 6],
    ["the end of a line that has begun here", "ab\ncdefghijklmn\n", 4, true, 3],
    ["nothing of a line that has begun here if it is full", "ab\n", 10, true, 0],
  ];
  for (const [what, text, size, isInLine, taken] of CASES) {
    test(what, () => assert.equal(fitting(bytes(text), { size, maxSize: 10, isInLine }), taken));
  }
});

function carryOut(disk: Map<string, number>, steps: ReturnType<typeof rotation>): void {
  for (const step of steps) {
    if ("remove" in step) disk.delete(step.remove);
    else {
      const content = disk.get(step.rename);
      assert.ok(content !== undefined, `${step.rename} is there`);
      assert.ok(!disk.has(step.to), `${step.to} is free`);
      disk.delete(step.rename);
      disk.set(step.to, content);
    }
  }
}

function compressAll(disk: Map<string, number>, keep: number): void {
  for (const { number } of toCompress("f", [...disk.keys()], keep)) {
    const content = disk.get(`f.${number}`)!;
    disk.delete(`f.${number}`);
    disk.set(`f.${number}.gz`, content);
  }
}

/** The contents, from the oldest file to the newest. */
function inOrder(disk: Map<string, number>): number[] {
  const age = (name: string) => (name === "f" ? 0 : oldFile("f", name)!.number);
  return [...disk].sort(([a], [b]) => age(b) - age(a)).map(([, content]) => content);
}
