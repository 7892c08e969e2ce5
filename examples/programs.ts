/**
 * Nodes that are programs: any executable will do, in whatever language it is written.
 *
 *     coppice -j examples/programs.ts [dir=DIRECTORY]
 *
 * A shell stands for the programs here, so that each shows one thing in a line or two.
 */
import { args, type NodeConfig, on, supervisor } from "coppice";

const directory = args.defines["dir"] ?? "program-files";

const programs: NodeConfig[] = [
  {
    // A program that runs on. What it starts (`sleep`) ends with it: a stop means the whole group.
    name: "clock",
    command: ["sh", "-c", "while :; do date +%T; sleep 1; done"],
  },
  {
    // A program that crashes again and again. It comes back later and later: half a second after
    // its last start three times, then a second three times, then two, and so on up to eight.
    name: "crasher",
    command: ["sh", "-c", "echo 'here I am'; sleep 0.1; echo 'I crash' >&2; exit 3"],
    revival: { delay: 500, attemptsPerDelay: 3, factor: 2, maxDelay: 8_000 },
  },
  {
    // A task that is done when it is done: revived after a failure only, and five times at most.
    name: "task",
    command: ["sh", "-c", "echo 'the work is done'"],
    revival: { when: "failure", limit: 5 },
  },
  {
    // A program that takes its time to end: SIGTERM up to ten times, 300 ms apart, then SIGKILL.
    // It heeds the second SIGTERM.
    name: "stubborn",
    command: ["sh", "-c", "trap 'echo not yet; trap - TERM' TERM; while :; do sleep 0.1; done"],
    stop: { signal: "SIGTERM", interval: 300, attempts: 10 },
  },
  {
    // A program with a file for its output: not a line of it goes through the Supervisor. The
    // file lies in its directory, and a revival appends to it.
    name: "writer",
    command: ["sh", "-c", 'echo "started with the PID $$"; exec sleep 1000000'],
    directory,
    stdoutFile: "writer.log",
    env: { LANG: "C" },
  },
];

// Programs never load this script, so there is no need to ask who runs it.
on("init", async () => {
  await Promise.all(programs.map((program) => supervisor.create(program)));
  console.log(`${programs.length} programs were started; see ${directory}/writer.log too`);
});

// What becomes of them: the Supervisor is told of every start and of every end.
on("nodeExit", (name, exit, { nextStart }) => {
  const how = exit.signal ?? `status ${exit.code}`;
  const next = nextStart === undefined ? "" : `; next start in ${untilThen(nextStart)} ms`;
  console.log(`'${name}' ended with ${how}${next}`);
});

/** Milliseconds; it may be due already when we learn of it. */
function untilThen(time: number): number {
  return Math.max(0, time - Date.now());
}
