/**
 * Process 1 of a container is the parent of every process whose own parent has gone, and has to
 * fetch what they ended with. Node.js fetches only what it has started itself, so the others would
 * stay as zombies. A shell fetches them all while it waits, is everywhere, and costs next to nothing.
 */
import { findTool } from "./tools.ts";

/**
 * Where this is process 1, it becomes a shell that starts the same command line again as its child,
 * passes signals on, and ends as that does. Returns if there is nothing to do, or no way to do it.
 * @param say told why not
 */
export function leaveProcessOne(say: (text: string) => void): void {
  if (process.pid !== 1 || isTried) return;
  isTried = true;
  const shell = findTool("sh");
  const { execve } = process;
  if (shell === undefined || execve === undefined) {
    const lacks = shell === undefined ? "there is no sh" : "this Node.js has no process.execve";
    say(
      `warning: as process 1 this fetches no orphans, and ${lacks} to do that: run it under an init (docker run --init)`,
    );
    return;
  }
  const command = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  execve.call(process, shell, ["sh", "-c", INIT, "coppice-init", ...command], process.env);
}

let isTried = false;

/**
 * The shell's part: runs "$@". A signal ends `wait` early, and then the child is waited for again. A
 * child that ended in that moment is told of by one more `wait`, in shells that tell nothing twice
 * (127) and in those that do. Its stdin is ours: a shell gives what is in the background none.
 */
export const INIT = `
child= early=
take() {
  if [ -n "$child" ]; then kill "-$1" "$child" 2>/dev/null; else early="$early $1"; fi
}
for signal in HUP INT QUIT TERM USR1 USR2; do trap "take $signal" "$signal"; done
exec 3<&0
"$@" <&3 3<&- &
child=$!
exec 3<&- </dev/null
for signal in $early; do take "$signal"; done
status=127
while :; do
  wait "$child"
  code=$?
  [ "$code" -eq 127 ] && break
  status=$code
  kill -0 "$child" 2>/dev/null && continue
  wait "$child"
  code=$?
  [ "$code" -eq 127 ] || status=$code
  break
done
exit "$status"
`;
