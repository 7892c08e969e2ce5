/** `coppice top` on a real terminal and a real tree. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { COPPICE, Command, start } from "../cli/process.ts";
import { plantToAsk, statusWhen } from "../fixtures/ask.ts";
import { childrenOf, titleOf, until } from "../fixtures/tree.ts";

const ESC = "\u001b";
const DOWN = `${ESC}[B`;

test("top: what there is, orders by keys, another size, and the terminal as it was, however it ends", async (t) => {
  const command = ["sh", "-c", "echo line of web; exec sleep 1000"];
  const tree = plantToAsk(
    t,
    `import { supervisor } from "coppice";
     if (supervisor.isSupervisor())
       for (const name of ["app", "web"]) void supervisor.create({ name, command: ${JSON.stringify(command)} });`,
  );
  const before = await statusWhen(tree, "web", ({ state }) => state === "running");
  const words = COPPICE.map((word) => `'${word}'`).join(" ");
  const terminal = (then: string) => {
    const script = `trap : INT; stty rows 12 cols 100; tty; ${words} top --timeout 30; echo "status $?"; stty -a; ${then}`;
    return new Command(t, "script", ["-qec", script, "/dev/null"], {
      cwd: tree.directory,
      env: { ...process.env, TERM: "xterm", NO_COLOR: "1", SHELL: "/bin/sh" },
    });
  };
  const screen = terminal("exit 0");
  const press = (keys: string) => screen.child.stdin?.write(keys);
  await screen.line(new RegExp(`Supervisor ${tree.pid}, Stem ${await tree.stem()} `));
  press(DOWN);
  await screen.line(/^> web +running/m);
  press("r");
  const after = await statusWhen(tree, "web", ({ pid }) => pid !== undefined && pid !== before.pid);
  await screen.line(new RegExp(`> web +running +${after.pid} `));
  press("l");
  await screen.line(/last lines of web[\s\S]*line of web/);
  press("l");
  const device = (await screen.line(/^(\/dev\/\S+?)\r?$/m))[1]!;
  const resize = new Command(t, "stty", ["-F", device, "rows", "8", "cols", "50"], {});
  assert.equal((await resize.end()).code, 0);
  await screen.line(/q quit .* m memory u u…/);
  press("ky");
  await until("the node to be gone", async () => {
    const { stdout } = await start(t, tree.directory, ["status", "--json"]).end();
    return !("web" in JSON.parse(stdout).nodes);
  });
  press("q");
  const [, settings] = await screen.line(/status 0([\s\S]* icanon[\s\S]*)/);
  assert.match(settings!, / echo /);
  assert.ok(screen.stdout.includes(`${ESC}[?25h${ESC}[?1049l`));
  assert.equal((await screen.end()).code, 0);

  const interrupted = terminal("exit 0");
  await interrupted.line(/> app +running/);
  interrupted.child.stdin?.write("\u0003");
  await interrupted.line(/status 130[\s\S]* icanon/);

  const ended = terminal("exit 0");
  await ended.line(/> app +running/);
  process.kill(await until("the verb", () => topBelow(ended.child.pid ?? 0)), "SIGTERM");
  const [, left] = await ended.line(/status 143([\s\S]* icanon[\s\S]*)/);
  assert.match(left!, / echo /);
  assert.ok(ended.stdout.includes(`${ESC}[?25h${ESC}[?1049l`));

  const json = start(t, tree.directory, ["top", "--json", "--timeout", "30"]);
  const [line] = await json.line(/^.+$/m);
  assert.deepEqual(Object.keys(JSON.parse(line).nodes), ["app"]);
  json.child.kill("SIGTERM");
  assert.equal((await json.end()).signal, "SIGTERM");
});

/** The process that runs the verb, somewhere below. */
function topBelow(pid: number): number | undefined {
  if (/ top --timeout /.test(titleOf(pid)) && !titleOf(pid).includes("stty")) return pid;
  return childrenOf(pid)
    .map(topBelow)
    .find((found) => found !== undefined);
}
