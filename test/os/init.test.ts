/** The shell that is process 1: what it passes on, and what it ends with. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { constants } from "node:os";
import { type TestContext, test } from "node:test";
import { INIT } from "../../src/os/init.ts";
import { Command } from "../cli/process.ts";

/** Runs a shell's script under the init of another shell. */
function start(t: TestContext, shell: string[], script: string): Command {
  const [file = "", ...options] = shell;
  const args = [...options, "-c", INIT, "coppice-init", "/bin/sh", "-c", script];
  return new Command(t, file, args, {});
}

const SHELLS = [["/bin/dash"], ["/bin/bash", "--posix"], ["/bin/busybox", "sh"]].filter(
  ([file = ""]) => existsSync(file),
);

test("it ends as its child does, whether by status or by signal", async (t) => {
  assert.ok(SHELLS.length > 0);
  for (const shell of SHELLS) {
    for (const [script, status] of [
      ["exit 0", 0],
      ["exit 69", 69],
      ["kill -9 $$", 128 + constants.signals.SIGKILL],
    ] as const)
      assert.equal((await start(t, shell, script).end()).code, status, `${shell}: ${script}`);
    const missing = new Command(t, shell[0]!, [...shell.slice(1), "-c", INIT, "x", "/nowhere"], {});
    assert.equal((await missing.end()).code, 127);
  }
});

test("signals reach its child, which decides what they mean", async (t) => {
  for (const shell of SHELLS) {
    const script = `for s in HUP INT QUIT USR1 USR2; do trap "echo got $s" $s; done
      trap 'echo got TERM; exit 7' TERM; echo up
      while :; do sleep 0.01; done`;
    const command = start(t, shell, script);
    await command.line(/^up$/m);
    // A shell in the background ignores SIGINT and SIGQUIT for good; Node.js does not.
    for (const name of ["HUP", "USR1", "USR2", "TERM"] as const) {
      command.child.kill(`SIG${name}`);
      await command.line(new RegExp(`^got ${name}$`, "m"));
    }
    assert.equal((await command.end()).code, 7, `${shell}`);
  }
});

test("its child has its input and its arguments, odd ones too", async (t) => {
  for (const shell of SHELLS) {
    const args = [
      "-c",
      INIT,
      "x",
      "/bin/sh",
      "-c",
      'cat; printf "<%s>" "$@"',
      "x",
      "a b",
      "",
      "$x",
    ];
    const command = new Command(t, shell[0]!, [...shell.slice(1), ...args], {});
    command.child.stdin?.end("from outside\n");
    assert.equal((await command.end()).stdout, "from outside\n<a b><><$x>");
  }
});
