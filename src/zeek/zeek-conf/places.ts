/** Where everything is: it all hangs off `base_dir` (zeek-systemd-generator's `ZeekClusterConfig`). */
import type { Installation } from "../plan.ts";
import type { Settings } from "./settings.ts";

export interface Places {
  executable: string;
  archiver: string;
  /** The nodes' directories are in it. */
  spool: string;
  /** Rotated logs, until the archiver takes them. */
  logQueue: string;
  /** Where the archiver puts them. */
  logs: string;
  /** The search path of programs. */
  path: string;
  /** Where scripts are looked for before the places that the installed Zeek knows. */
  zeekPath: string[];
}

export function placesOf({ zeek }: Settings, { prefix, executable }: Installation): Places {
  const base = zeek.base_dir.value ?? prefix;
  // Another base is another Zeek, with scripts of its own.
  const isOther = base !== prefix;
  const below = base === "/" ? "" : base;
  const spool = `${below}/var/spool/zeek`;
  const scripts = isOther ? SCRIPTS.map((directory) => `${below}/${directory}`) : [];
  return {
    executable: isOther ? `${below}/bin/zeek` : executable,
    archiver: `${below}/bin/zeek-archiver`,
    spool,
    logQueue: `${spool}/log-queue`,
    logs: `${below}/var/logs/zeek`,
    path: [...zeek.ext_path.value, `${below}/bin`, ...zeek.path.value].join(":"),
    zeekPath: [...zeek.ext_zeek_path.value, ...scripts],
  };
}

const SCRIPTS = [
  "share/zeek",
  "share/zeek/policy",
  "share/zeek/site",
  "share/zeek/builtin-plugins",
];
