/** The Supervisor that a command line means, and the way to it. */
import path from "node:path";
import type { ConnectOptions, RemoteSupervisor } from "../control/client.ts";
import { NoSupervisorError, UnsupportedError } from "../errors.ts";
import { lockHolder } from "../os/lock.ts";
import { places } from "../wire/stem-setup.ts";
import type { Context } from "./context.ts";
import { readPem, readToken } from "./files.ts";
import type { Line } from "./line.ts";

/**
 * Does something with a connection, and ends it.
 * @param timeout how long to wait for it, and for each answer that comes at once (ms)
 * @throws CoppiceError
 */
export async function withRemote<Result>(
  line: Line,
  context: Context,
  act: (remote: RemoteSupervisor) => Promise<Result>,
  timeout?: number,
): Promise<Result> {
  const remote = await connectTo(line, context, timeout);
  try {
    return await act(remote);
  } finally {
    remote.close();
  }
}

/** Once, and not for each node. @throws UnsupportedError */
export function refuseZeek({ isZeek }: RemoteSupervisor, why: string): void {
  if (isZeek) throw new UnsupportedError(`this Supervisor is a Zeek's: ${why}`);
}

async function connectTo(
  line: Line,
  context: Context,
  timeout: number | undefined,
): Promise<RemoteSupervisor> {
  const { url, directory } = whereTo(line, context);
  const options = {
    ...connectOptions(line, context, url),
    ...(timeout === undefined ? {} : { timeout }),
  };
  const until = performance.now() + BUSY_MS;
  for (;;) {
    try {
      return await context.connect(url, options);
    } catch (error) {
      if (directory === undefined || !(error instanceof NoSupervisorError)) throw error;
      const isBusy = isAbsent(error) && lockHolder(path.join(directory, places.lock)) !== undefined;
      if (!isBusy || performance.now() > until) throw inWords(error, directory);
    }
    await context.sleep(LOOK_MS);
  }
}

/** @returns `directory` if that is how the Supervisor was named. @throws UsageError */
export function whereTo(
  line: Line,
  { directory: here }: Pick<Context, "directory">,
): { url: string; directory?: string } {
  const url = line.text("connect");
  const stateDirectory = line.text("state-dir");
  if (url === undefined) {
    const directory = path.resolve(here, stateDirectory ?? ".coppice");
    return { url: `unix:${path.join(directory, places.control)}`, directory };
  }
  if (stateDirectory !== undefined)
    throw line.wrong("either --state-dir or --connect says which Supervisor, not both");
  const [, scheme, rest = ""] = /^([a-z]+):(.+)$/.exec(url) ?? [];
  if (scheme === "unix") return { url: `unix:${path.resolve(here, rest)}` };
  if (scheme === undefined || !SCHEMES.includes(scheme) || !rest.startsWith("//"))
    throw line.wrong(
      `--connect is unix:PATH, ws://HOST:PORT, wss://HOST:PORT or tcp://HOST:PORT, not '${url}'`,
    );
  return { url };
}

/** @throws UsageError, CoppiceError for a file that cannot be read */
export function connectOptions(
  line: Line,
  context: Pick<Context, "directory" | "env" | "user">,
  url: string,
): ConnectOptions {
  const tls = tlsOptions(line, context, url);
  const token = tokenFrom(line, context, url);
  return {
    application: `coppice-${line.verb.name.replace(/^_+/, "")}`,
    client: context.user,
    ...(token === undefined ? {} : { token }),
    ...(tls === undefined ? {} : { tls }),
  };
}

function tlsOptions(
  line: Line,
  context: Pick<Context, "directory">,
  url: string,
): ConnectOptions["tls"] {
  const given = ["tls-ca", "tls-cert", "tls-key"].filter((one) => line.text(one) !== undefined);
  if (line.flag("no-tls")) {
    if (given.length > 0) throw line.wrong(`either --no-tls or --${given[0]}, not both`);
    if (!url.startsWith("tcp:")) throw line.wrong("--no-tls is for tcp://");
    return false;
  }
  if (given.length === 0) return undefined;
  if (!/^(?:wss|tcp):/.test(url)) throw line.wrong(`--${given[0]} is for wss:// and tcp://`);
  if (given.includes("tls-cert") !== given.includes("tls-key"))
    throw line.wrong("--tls-cert and --tls-key go together");
  if (url.startsWith("tcp:") && given.length < 3)
    throw line.wrong("tcp:// needs all of --tls-ca, --tls-cert and --tls-key, or none");
  const files = given.map((option) => {
    const file = path.resolve(context.directory, line.text(option) ?? "");
    return [option.slice("tls-".length), readPem(file, `--${option}`)];
  });
  return Object.fromEntries(files);
}

function tokenFrom(
  line: Line,
  { directory, env }: Pick<Context, "directory" | "env">,
  url: string,
): string | undefined {
  const given = line.text("token-file");
  const inherited = /^wss?:/.test(url) ? env["COPPICE_TOKEN_FILE"] : undefined;
  const file = given ?? (inherited === "" ? undefined : inherited);
  if (file === undefined) return undefined;
  return readToken(path.resolve(directory, file));
}

/** What people can do if nothing listens there; other troubles say themselves what they are. */
function inWords(error: NoSupervisorError, directory: string): NoSupervisorError {
  if (!isAbsent(error)) return error;
  return new NoSupervisorError(
    `no Supervisor runs in ${directory}: start one with coppice -j, or choose with --state-dir or --connect`,
  );
}

function isAbsent({ message }: NoSupervisorError): boolean {
  return /: (?:no such socket|connection refused\b.*)$/.test(message);
}

/** One that runs and cannot be reached is about to start, or replaces itself: it is waited for (ms). */
const BUSY_MS = 10_000;
const LOOK_MS = 50;
const SCHEMES = ["ws", "wss", "tcp"];
