/** `coppice console`. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { coppice, FakeRemote } from "./fake.ts";

class WithConsole extends FakeRemote {
  console = "http://127.0.0.1:9997/";
}

test("it prints where the console is", async () => {
  const { status, stdout } = await coppice(["console"], { remote: new WithConsole() });
  assert.deepEqual([status, stdout], [0, "http://127.0.0.1:9997/\n"]);
  const json = await coppice(["console", "--json"], { remote: new WithConsole() });
  assert.deepEqual(JSON.parse(json.stdout), { url: "http://127.0.0.1:9997/" });
});

test("a Supervisor that serves none says how it would", async () => {
  const { status, stdout, stderr } = await coppice(["console"]);
  assert.deepEqual([status, stdout], [1, ""]);
  assert.match(
    stderr,
    /^error: this Supervisor serves no console: start it with --websocket .*\n$/,
  );
  const remote = new FakeRemote();
  remote.isZeek = true;
  assert.match((await coppice(["console"], { remote })).stderr, /a Zeek's: it has no console/);
  assert.equal((await coppice(["console", "extra"])).status, 2);
});
