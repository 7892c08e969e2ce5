/** Every kind of trouble. */
import { brokenProgram, noDirectory } from "./broken.ts";
import { askers, oddClients } from "./clients.ts";
import { jumpingClock } from "./clock.ts";
import { fullOutput, fullState } from "./disks.ts";
import { noDescriptors, noProcesses } from "./limits.ts";
import { restarts, stopsAndStarts } from "./orders.ts";
import { flood, slowReader } from "./output.ts";
import { brokenScript, reload } from "./reload.ts";
import { killNodes, stopNodes } from "./signals.ts";
import { killStem, stopStem } from "./stem.ts";
import { endTree, killSupervisor, stopSupervisor } from "./supervisor.ts";
import type { Trouble } from "./trouble.ts";

export const TROUBLES: readonly Trouble[] = [
  killNodes,
  stopNodes,
  killStem,
  stopStem,
  killSupervisor,
  stopSupervisor,
  endTree,
  fullOutput,
  fullState,
  noDescriptors,
  noProcesses,
  brokenProgram,
  noDirectory,
  jumpingClock,
  oddClients,
  askers,
  flood,
  slowReader,
  restarts,
  stopsAndStarts,
  reload,
  brokenScript,
];
