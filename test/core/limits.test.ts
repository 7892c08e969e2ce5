/** Amounts, resource limits and masks, as they are written and as tools take them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  amountOf,
  cpuMaxText,
  isConfined,
  limitArguments,
  limitsProblem,
  sizeText,
  umaskText,
} from "../../src/core/limits.ts";

test("an amount is a whole number, with or without a unit of 1024", () => {
  const cases: [amount: number | string, number: number | undefined][] = [
    [0, 0],
    [1024, 1024],
    ["1024", 1024],
    ["64K", 65_536],
    ["512m", 512 * 2 ** 20],
    ["2G", 2 * 2 ** 30],
    ["2GiB", 2 * 2 ** 30],
    ["1.5G", 1.5 * 2 ** 30],
    ["1T", 2 ** 40],
    ["12B", 12],
    [-1, undefined],
    [1.5, undefined],
    [Number.NaN, undefined],
    ["", undefined],
    ["G", undefined],
    ["-1", undefined],
    ["1 G", undefined],
    ["1X", undefined],
    ["0x10", undefined],
    ["unlimited", undefined],
    ["99999T", undefined],
  ];
  for (const [amount, number] of cases) assert.equal(amountOf(amount), number, String(amount));
});

test("a size is told in the largest unit of which it is a whole number", () => {
  assert.equal(sizeText("512M"), "512M");
  assert.equal(sizeText(2 * 2 ** 30), "2G");
  assert.equal(sizeText("1.5G"), "1536M");
  assert.equal(sizeText(1000), "1000 bytes");
});

test("prlimit is told both limits, or each, in its own words", () => {
  assert.deepEqual(
    limitArguments({
      nofile: 1024,
      as: "2G",
      core: "unlimited",
      nproc: { soft: 10, hard: "1K" },
      stack: { soft: "8M" },
      memlock: { hard: "unlimited" },
      cpu: 0,
    }),
    [
      "--as=2147483648",
      "--core=unlimited",
      "--cpu=0",
      "--memlock=:unlimited",
      "--nofile=1024",
      "--nproc=10:1024",
      "--stack=8388608:",
    ],
  );
});

test("a soft limit above its hard one, and a limit of nothing, are told", () => {
  assert.equal(limitsProblem({ nofile: { soft: 5, hard: 5 }, as: { hard: "1G" } }), undefined);
  assert.match(
    limitsProblem({ nofile: { soft: "1K", hard: 5 } }) ?? "",
    /^limits.nofile: its soft/,
  );
  assert.match(limitsProblem({ as: { soft: "unlimited", hard: 5 } }) ?? "", /^limits.as/);
  assert.equal(limitsProblem({ core: {} }), "limits.core limits nothing");
});

test("a mask is octal as a text, and itself as a number", () => {
  assert.equal(umaskText("027"), "027");
  assert.equal(umaskText("0077"), "077");
  assert.equal(umaskText("7"), "007");
  assert.equal(umaskText(0o27), "027");
  for (const wrong of ["", "08", "1000", "0o27", "u=rwx", -1, 0o1000, 1.5])
    assert.equal(umaskText(wrong), undefined, String(wrong));
});

test("CPUs are told as microseconds in each tenth of a second", () => {
  assert.equal(cpuMaxText(1.5), "150000 100000");
  assert.equal(cpuMaxText(0.01), "1000 100000");
});

test("a node without any of these starts as ever", () => {
  assert.equal(isConfined({ name: "a", memoryMax: 1, cpuAffinity: 0 }), false);
  for (const field of [{ user: 0 }, { group: "g" }, { umask: 0 }, { nice: 0 }, { limits: {} }])
    assert.equal(isConfined({ name: "a", ...field }), true, JSON.stringify(field));
});
