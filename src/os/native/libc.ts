/** What of the C library is called, with its types; see the manual's page of each name. */
import type { LibraryHandle } from "koffi";
import { openLibrary } from "./library.ts";

export interface Libc {
  posix_spawn_file_actions_init(actions: Buffer): number;
  posix_spawn_file_actions_destroy(actions: Buffer): number;
  posix_spawn_file_actions_addopen(
    actions: Buffer,
    fd: number,
    path: string,
    flags: number,
    mode: number,
  ): number;
  posix_spawn_file_actions_adddup2(actions: Buffer, fd: number, as: number): number;
  posix_spawn_file_actions_addchdir_np(actions: Buffer, path: string): number;
  posix_spawnattr_init(attributes: Buffer): number;
  posix_spawnattr_setflags(attributes: Buffer, flags: number): number;
  posix_spawnattr_setsigdefault(attributes: Buffer, signals: Buffer): number;
  posix_spawnattr_setsigmask(attributes: Buffer, signals: Buffer): number;
  /** @returns an error's number */
  posix_spawn(
    pid: [number],
    path: string,
    actions: Buffer,
    attributes: Buffer,
    args: readonly (string | null)[],
    env: readonly (string | null)[],
  ): number;
  waitid(idType: number, id: number, info: Buffer, options: number): number;
  wait4(pid: number, status: [number], options: number, usage: Buffer): number;
  fcntl(fd: number, command: number, type: "int", argument: number): number;
  /** glibc has it, and musl has no need of it. */
  malloc_trim?(pad: number): number;
}

const PROTOTYPES = [
  "int posix_spawn_file_actions_init(void *actions)",
  "int posix_spawn_file_actions_destroy(void *actions)",
  "int posix_spawn_file_actions_addopen(void *actions, int fd, str path, int flags, uint32_t mode)",
  "int posix_spawn_file_actions_adddup2(void *actions, int fd, int as)",
  "int posix_spawn_file_actions_addchdir_np(void *actions, str path)",
  "int posix_spawnattr_init(void *attributes)",
  "int posix_spawnattr_setflags(void *attributes, short flags)",
  "int posix_spawnattr_setsigdefault(void *attributes, void *signals)",
  "int posix_spawnattr_setsigmask(void *attributes, void *signals)",
  "int posix_spawn(_Out_ int *pid, str path, void *actions, void *attributes, str *args, str *env)",
  "int waitid(int idType, int id, void *info, int options)",
  "int wait4(int pid, _Out_ int *status, int options, void *usage)",
  "int fcntl(int fd, int command, ...)",
];

/** Done without where it is missing. */
const MALLOC_TRIM = "int malloc_trim(size_t pad)";

/** @param env may forbid native code; @returns undefined where there is none to call */
export function openLibc(env: NodeJS.ProcessEnv): Libc | undefined {
  const library = openLibrary(env);
  return library && bindLibc(library);
}

/** @returns undefined where the C library is too old, and lacks one */
function bindLibc(library: LibraryHandle): Libc | undefined {
  const bind = (prototypes: readonly string[]) =>
    Object.fromEntries(
      prototypes.map((prototype) => [/(\w+)\(/.exec(prototype)?.[1], library.func(prototype)]),
    );
  try {
    const libc = bind(PROTOTYPES) as unknown as Libc;
    try {
      return { ...libc, ...bind([MALLOC_TRIM]) };
    } catch {
      return libc;
    }
  } catch {
    return undefined;
  }
}

// What follows is the same in glibc and musl, on all of Linux' 64-bit architectures that koffi knows.

/** Room for the C library's own structures, which are smaller. */
export const SIZES = {
  actions: 256,
  attributes: 512,
  signals: 128,
  info: 128,
  usage: 256,
} as const;

export const SPAWN = { setSignalDefaults: 0x04, setSignalMask: 0x08, setSession: 0x80 } as const;

export const WAIT = { all: 0, noHang: 1, exited: 4, noWait: 0x0100_0000 } as const;

/** The pid in what `waitid` tells; 0: nobody has ended. */
export function pidOf(info: Buffer): number {
  return info.readInt32LE(16);
}

/** Milliseconds of CPU time in what `wait4` tells of usage: user and system, each seconds and microseconds. */
export function cpuOf(usage: Buffer): number {
  const at = (offset: number) => Number(usage.readBigInt64LE(offset));
  return (at(0) + at(16)) * 1000 + (at(8) + at(24)) / 1000;
}
