import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import type { Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { type ByteSource, readPipe, readStream } from "../../src/os/pipe-reader.ts";
import { PipePool } from "../../src/os/pipes.ts";
import { temporaryDirectory, until } from "../fixtures/tree.ts";

/** What a source gives. */
class Heard {
  text = "";
  ends: boolean[] = [];
  data(bytes: Uint8Array): void {
    this.text += Buffer.from(bytes).toString("latin1");
  }
  closed(isEnded: boolean): void {
    this.ends.push(isEnded);
  }
}

function pipes(t: TestContext): PipePool {
  return new PipePool(temporaryDirectory(t), "/usr/bin/mkfifo");
}

/** The first one of a process is read through a stream, all others without. */
for (const which of ["the first pipe", "a later pipe"]) {
  test(`${which} gives nothing until it may, and nothing while it may not`, async (t) => {
    const { read, write } = pipes(t).takeEnds();
    const heard = new Heard();
    const source = readPipe(read, heard);
    fs.writeSync(write, "one ");
    await turns();
    assert.equal(heard.text, "");
    source.resume();
    await until("the first word", () => heard.text === "one ");
    source.pause();
    fs.writeSync(write, "two ");
    await turns();
    assert.equal(heard.text, "one ");
    source.resume();
    await until("the second word", () => heard.text === "one two ");
    fs.writeSync(write, "three");
    fs.closeSync(write);
    await until("its end", () => heard.ends.length > 0);
    assert.deepEqual([heard.text, heard.ends], ["one two three", [true]]);
    source.resume();
    source.destroy();
    await turns();
    assert.deepEqual(heard.ends, [true]);
  });
}

test("a pipe that is destroyed is closed, and says nothing more", async (t) => {
  const { read, write } = pipes(t).takeEnds();
  const heard = new Heard();
  const source = readPipe(read, heard);
  source.resume();
  fs.writeSync(write, "unheard");
  source.destroy();
  source.destroy();
  await until("its end", () => heard.ends.length > 0);
  assert.deepEqual([heard.text, heard.ends], ["", [false]]);
  // Without a reader nobody can write.
  assert.throws(() => fs.writeSync(write, "x"), { code: "EPIPE" });
  fs.closeSync(write);
});

test("a stream is read like a pipe", async () => {
  const child = spawn("/bin/sh", ["-c", "echo one; exec sleep 1000000"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const heard = new Heard();
  const source: ByteSource = readStream(child.stdout as Socket, heard);
  source.resume();
  await until("a line", () => heard.text === "one\n");
  child.kill("SIGKILL");
  await once(child, "exit");
  await until("its end", () => heard.ends.length > 0);
  assert.deepEqual(heard.ends, [true]);
});

test("a megabyte arrives whole, however often it has to wait", async (t) => {
  const pool = pipes(t);
  const pipe = pool.take();
  assert.ok(pipe !== undefined);
  spawn("/bin/sh", ["-c", "seq 1 160000"], {
    stdio: ["ignore", pipe.write, "ignore"],
  });
  fs.closeSync(pipe.write);
  const heard = new Heard();
  const source = pipe.read(heard);
  while (heard.ends.length === 0) {
    source.resume();
    await turns();
    source.pause();
  }
  assert.equal(heard.text, `${Array.from({ length: 160_000 }, (_, i) => i + 1).join("\n")}\n`);
});

/** Long enough for what would come to have come. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((done) => setImmediate(done));
}
