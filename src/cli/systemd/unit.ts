/** The text of a unit that runs a tree. */
import { DEFAULT_POLICY } from "../../core/config.ts";
import { commandWord, programWord, withoutSpecifiers } from "./escape.ts";

export interface ServiceUnit {
  name: string;
  description: string;
  /** The program, absolute, and its arguments up to Coppice's own. */
  program: readonly string[];
  /** Coppice's arguments. */
  args: readonly string[];
  /** Where Coppice's arguments do not say where the tree keeps its files, systemd makes a place. */
  hasStateDirectory: boolean;
  directory: string;
  /** As whom; unset: as the manager. */
  user?: string | undefined;
  /** For a user's own manager (`systemctl --user`). */
  isForUser: boolean;
  /** Seconds; 0: none. */
  watchdog: number;
  /** The Stem outlives a Supervisor that is killed, and is taken over by the next. */
  keepsStem: boolean;
}

/** @returns the unit, with comments for whoever wants to change it */
export function unitText(unit: ServiceUnit): string {
  const { name, isForUser } = unit;
  const systemctl = isForUser ? "systemctl --user" : "systemctl";
  const place = isForUser ? "~/.config/systemd/user" : "/etc/systemd/system";
  return `# A tree of Coppice as a service. Made by coppice systemd; to install it:
#   coppice systemd … > ${place}/${name}.service
#   ${systemctl} daemon-reload && ${systemctl} enable --now ${name}

[Unit]
Description=${withoutSpecifiers(unit.description)}
${isForUser ? "" : NETWORK}# What dies grows back, however often.
StartLimitIntervalSec=0

[Service]
# The Supervisor says when the tree is up, and how it is. It says so through systemd-notify, a
# process of its own, which NotifyAccess=main would not believe.
Type=notify
NotifyAccess=all
ExecStart=${commandOf(unit)}
ExecReload=/bin/kill -HUP $MAINPID
WorkingDirectory=${withoutSpecifiers(unit.directory)}
${unit.user === undefined ? "" : `User=${unit.user}\n`}${stateOf(unit)}
# What was told to end (coppice stop, SIGTERM) stays so; all else comes back. A command line that is
# wrong does not get better.
Restart=on-failure
RestartSec=2
RestartPreventExitStatus=2
${watchdogOf(unit)}
${KILLING[unit.keepsStem ? "process" : "mixed"]}TimeoutStartSec=${START_SECONDS}
# What a stop takes by default. While a node takes longer the Supervisor asks for more.
TimeoutStopSec=${STOP_SECONDS}

# A node that runs out of memory is revived by the tree: the others need not go with it.
OOMPolicy=continue
Delegate=yes
# Nodes come in hundreds, each with threads and pipes.
TasksMax=infinity
${isForUser ? "" : "LimitNOFILE=524288\n"}# Whoever prints faster than the journal writes waits, and nothing is dropped.
LogRateLimitIntervalSec=0
SyslogIdentifier=${name}

[Install]
WantedBy=${isForUser ? "default.target" : "multi-user.target"}
`;
}

function commandOf({ program, args, name, hasStateDirectory, isForUser }: ServiceUnit): string {
  const [file = "", ...rest] = program;
  // %S is where the manager keeps its services' files: of a user's it depends on the environment.
  const state = isForUser ? `%S/${name}` : `/var/lib/${name}`;
  return [
    programWord(file),
    ...rest.map(commandWord),
    ...(hasStateDirectory ? ["--state-dir", state] : []),
    ...args.map(commandWord),
  ].join(" ");
}

function stateOf({ name, hasStateDirectory }: ServiceUnit): string {
  if (!hasStateDirectory) return "";
  return `StateDirectory=${name}\nStateDirectoryMode=0700\n`;
}

function watchdogOf({ watchdog }: ServiceUnit): string {
  if (watchdog === 0) return "";
  return `# The sign of life is the Stem's, passed on by the Supervisor: it proves both, and their link.
WatchdogSec=${watchdog}
`;
}

const NETWORK = "Wants=network-online.target\nAfter=network-online.target\n";

const KILLING = {
  mixed: `# The Supervisor alone is told to end: it ends the tree in order. What is left then is killed.
KillMode=mixed
`,
  process: `# With --keep the Stem and its nodes outlive a Supervisor that is killed, and the next takes them over.
KillMode=process
`,
};

const { interval, attempts } = DEFAULT_POLICY.stop;
/** Loggers, manager, proxies and workers end one after another. */
const STAGES = 4;
/** Handlers of `done`, what the first SIGKILL takes, and the last output. */
const OTHER_SECONDS = 22;
const STOP_SECONDS = Math.ceil((STAGES * interval * attempts) / 1000) + OTHER_SECONDS;
/** Scripts may take their time, and what an earlier tree left ends first. */
const START_SECONDS = 300;
