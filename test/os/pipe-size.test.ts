/** Pipes that are made larger: by how much, and how many of them. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { openLibc } from "../../src/os/native/libc.ts";
import { LARGEST_PIPE, openPipeWidener } from "../../src/os/native/pipe-size.ts";
import { temporaryDirectory } from "../fixtures/tree.ts";

const libc = openLibc({});
const GET_PIPE_SIZE = 1032;

function makePipe(t: TestContext): number {
  const file = path.join(temporaryDirectory(t), "pipe");
  execFileSync("mkfifo", [file]);
  const fd = fs.openSync(file, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
  t.after(() => fs.closeSync(fd));
  return fd;
}

test("a pipe is made as large as anybody's may be", (t) => {
  const fd = makePipe(t);
  const size = () => libc!.fcntl(fd, GET_PIPE_SIZE, "int", 0);
  const before = size();
  openPipeWidener(undefined, true)(fd)();
  assert.equal(size(), before, "without the C library it stays as it is");
  openPipeWidener(libc, true)(fd);
  assert.ok(before < LARGEST_PIPE && size() === LARGEST_PIPE);
});

test("only as many as leave the user's other pipes alone, until some are closed", () => {
  const asked: number[] = [];
  const counting = { ...libc!, fcntl: (fd: number) => asked.push(fd) };
  const widen = openPipeWidener(counting, false);
  const closed = Array.from({ length: 40 }, (_, fd) => widen(fd));
  assert.equal(asked.length, 32);
  closed[0]!();
  closed[39]!();
  widen(40);
  widen(41);
  assert.deepEqual(asked.slice(32), [40]);
});

test("one that may not be is none of them", () => {
  let asked = 0;
  const refusing = {
    ...libc!,
    fcntl: () => {
      asked++;
      return -1;
    },
  };
  const widen = openPipeWidener(refusing, false);
  for (let fd = 0; fd < 40; fd++) widen(fd)();
  assert.equal(asked, 40);
});
