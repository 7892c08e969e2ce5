/** What a run came to, for people. */
import { megabytes } from "../../scripts/fuzz/table.ts";
import type { Run } from "./run.ts";

export function report(run: Run): string[] {
  const { stdout, stderr } = run.lines.numbers;
  const troubles = [...run.troubles].sort(([, a], [, b]) => b - a);
  const total = troubles.reduce((sum, [, count]) => sum + count, 0);
  const { Supervisor, Stem } = run.bounds.most;
  return [
    `${total} troubles: ${troubles.map(([name, count]) => `${count} ${name}`).join(", ")}`,
    `${run.calms} calms; ${run.lifeCount} Supervisors; ${run.returns.returns} starts of nodes were seen`,
    `numbered lines: ${stdout.count} on stdout, ${stderr.count} on stderr; lost with who was killed: ${stdout.excused + stderr.excused}; all of ${run.complete.whole} processes that have ended`,
    `nodes of which nobody knew any more that they were ready, their Supervisor having been killed: ${run.lostWords}`,
    `returns that nothing held up came ${delays(run.returns.late)} after they were due`,
    `at most: Supervisor ${megabytes(Supervisor.memory)}, ${Supervisor.descriptors} descriptors; Stem ${megabytes(Stem.memory)}, ${Stem.descriptors} descriptors`,
  ];
}

function delays(late: readonly number[]): string {
  if (late.length === 0) return "never";
  const sorted = [...late].sort((a, b) => a - b);
  const at = (fraction: number) =>
    `${Math.round(sorted[Math.floor(fraction * (sorted.length - 1))] ?? 0)} ms`;
  return `${at(0.5)} (median), ${at(0.99)} (99 of 100), ${at(1)} (the latest)`;
}
