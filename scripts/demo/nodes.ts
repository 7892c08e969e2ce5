/** Two more nodes for the demo's tree: programs that report from this machine. */
import { on, supervisor } from "coppice";

on("init", async () => {
  if (!supervisor.isSupervisor()) return;
  await supervisor.create({ name: "load", command: every(2, "cut -d' ' -f1-3 /proc/loadavg") });
  await supervisor.create({ name: "memory", command: every(3, "grep MemAvailable /proc/meminfo") });
});

function every(seconds: number, command: string): string[] {
  return ["sh", "-c", `while :; do ${command}; sleep ${seconds}; done`];
}
