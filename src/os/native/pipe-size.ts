/** Larger pipes for those who write much: fewer turns for the same bytes. */
import type { Libc } from "./libc.ts";

/** Linux's largest pipe (`/proc/sys/fs/pipe-max-size`) for whoever is not root. Bytes. */
export const LARGEST_PIPE = 1024 * 1024;
/**
 * How much of the kernel's memory widened pipes may take. A user with 64 MiB of pipes gets only tiny new ones
 * (`/proc/sys/fs/pipe-user-pages-soft`), in other programs too; root is free of that. Bytes.
 */
const MOST = { root: 128 * 1024 * 1024, others: 32 * 1024 * 1024 } as const;

/** @returns what gives back the pipe's part of the budget, to be called once it is closed */
export type WidenPipe = (fd: number) => () => void;

/** @param libc undefined: pipes stay as they are */
export function openPipeWidener(libc: Libc | undefined, isRoot: boolean): WidenPipe {
  let left = isRoot ? MOST.root : MOST.others;
  return (fd) => {
    if (libc === undefined || left < LARGEST_PIPE) return () => {};
    if (libc.fcntl(fd, SET_PIPE_SIZE, "int", LARGEST_PIPE) < 0) return () => {};
    left -= LARGEST_PIPE;
    return () => {
      left += LARGEST_PIPE;
    };
  };
}

/** F_SETPIPE_SZ. */
const SET_PIPE_SIZE = 1031;
