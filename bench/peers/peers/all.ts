/** Who is compared, in the order of their turns. */
import type { Peer } from "../peer.ts";
import { coppice, coppiceWithFiles } from "./coppice.ts";
import { pm2 } from "./pm2.ts";
import { runit, runitWithoutLoggers } from "./runit.ts";
import { s6, s6WithoutLoggers } from "./s6.ts";
import { supervisord } from "./supervisord.ts";

/** Each as its users have it. */
export const all: readonly Peer[] = [coppice, supervisord, s6, runit, pm2];

/** With what matters where processes are counted: who has loggers, and who writes files. */
export const variants: readonly Peer[] = [
  coppice,
  coppiceWithFiles,
  supervisord,
  s6,
  s6WithoutLoggers,
  runit,
  runitWithoutLoggers,
  pm2,
];
