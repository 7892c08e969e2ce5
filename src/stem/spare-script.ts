/** What a shell that waits to become a node's process is told, in its own language. */
import type { Program } from "./node-process.ts";

/**
 * All in builtins, so that the process stays the one that it is. It reads this from its input, which the
 * program does not get.
 * @param base the environment that the shell was started with
 * @returns undefined if the shell could not pass the environment on as it is
 */
export function spareScript(
  { directory, command, env }: Program,
  base: NodeJS.ProcessEnv,
  cgroup: string | undefined,
): string | undefined {
  const names = [...Object.keys(base), ...Object.keys(env)];
  if (!names.every((name) => PORTABLE.test(name) && !RESERVED.has(name))) return undefined;
  // What a node goes through to its control group, as it otherwise would, sets this one for good.
  const touched = cgroup === undefined ? ["PWD", ...TOUCHED] : TOUCHED;
  const set = Object.entries(env).filter(
    ([name, value]) => value !== undefined && (value !== base[name] || touched.includes(name)),
  );
  const unset = [...touched, ...Object.keys(base)].filter((name) => env[name] === undefined);
  return [
    `cd -P -- ${quoted(directory)} || exit 126`,
    ...(cgroup === undefined
      ? []
      : [`{ echo 0 >${quoted(`${cgroup}/cgroup.procs`)}; } 2>/dev/null`]),
    ...(unset.length === 0 ? [] : [`unset ${unset.join(" ")}`]),
    ...set.map(([name, value = ""]) => `export ${name}=${quoted(value)}`),
    `exec ${command.map(quoted).join(" ")} </dev/null`,
    "",
  ].join("\n");
}

/** Any other name is lost on the way through a shell. */
const PORTABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** What a shell gives a meaning or a value of its own. */
const RESERVED = new Set(
  "BASHOPTS BASH_ENV ENV EUID IFS LINENO OPTARG OPTIND PPID PS1 PS2 PS4 SHELLOPTS UID".split(" "),
);
/** What a shell sets by itself on the way. */
const TOUCHED = ["OLDPWD", "SHLVL", "_"];

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
