/**
 * What the tree of a chaos run is made of: its Supervisor creates what a file says, and the nodes
 * that run scripts print numbered lines, as the shells beside them do.
 */
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { on, supervisor } from "coppice";

const EVERY_MS = 250;

if (supervisor.isSupervisor())
  on("init", () => {
    for (const node of JSON.parse(fs.readFileSync("nodes.json", "utf8")))
      supervisor.create(node).catch((error) => {
        console.error(`chaos: create: ${error.message}`);
      });
  });
else on("init", () => count());

function count() {
  const { CHAOS_DIR: directory, CHAOS_NODE: name } = process.env;
  takeLock(`${directory}/locks/${name}`, `${directory}/twice`);
  const [, fields = ""] = fs.readFileSync("/proc/self/stat", "utf8").split(") ");
  const life = `${process.pid}-${fields.split(" ")[19]}`;
  const progress = fs.openSync(`${directory}/progress/${name}.${life}.${process.ppid}`, "w");
  let number = 0;
  setInterval(() => {
    number++;
    // A pipe is written to at once.
    process.stdout.write(`~ ${name} ${life} ${number} .\n`);
    process.stderr.write(`~ ${name} ${life} ${number} !\n`);
    const text = String(number).padStart(10);
    fs.writeSync(progress, `${text} ${text}\n`, 0);
  }, EVERY_MS);
}

/** The lock belongs to the open file, which stays open as long as this process lives. */
function takeLock(file, reports) {
  const fd = fs.openSync(file, "a");
  const { status } = spawnSync("flock", ["-n", "3"], { stdio: ["ignore", "ignore", "ignore", fd] });
  if (status === 1)
    fs.appendFileSync(reports, `${file}: process ${process.pid} found its lock taken\n`);
}
