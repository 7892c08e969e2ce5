/**
 * The archiver of a planned cluster outlives whoever writes logs, and then takes what they rotated
 * last: Zeek's logs are rotated once more when it ends.
 */
import type { NodeConfig } from "../core/config.ts";
import { predecessorsOf } from "../core/order.ts";

/** @param nodes of a plan; @returns the same, with an archiver that is Zeek's own ending last */
export function archivedToTheEnd(nodes: readonly NodeConfig[]): NodeConfig[] {
  const archiver = nodes.find(isZeekArchiver);
  if (archiver === undefined) return [...nodes];
  return nodes.map((node) => {
    if (node === archiver) return withLastPass(archiver);
    // Those that start first anyway, and so end last: loggers, a manager that logs, a Zeek alone.
    const isFirst = node.zeek !== undefined && predecessorsOf(node).names.length === 0;
    return isFirst ? { ...node, after: [archiver.name] } : node;
  });
}

/** Zeek's archiver, if a command runs it, wrapped or not. */
export function archiverIn(command: readonly string[] = []): string | undefined {
  return command.find((word) => ARCHIVER.test(word));
}

function isZeekArchiver({ command, zeek }: NodeConfig): boolean {
  return zeek === undefined && archiverIn(command) !== undefined;
}

/** Told to end, it looks into the queue once more, for as long as that takes within a minute. */
function withLastPass(archiver: NodeConfig): NodeConfig {
  const command = archiver.command ?? [];
  const program = command.findIndex((word) => ARCHIVER.test(word));
  const [wrapper, words] = [command.slice(0, program), command.slice(program)];
  return {
    ...archiver,
    command: [...wrapper, "sh", "-c", LAST_PASS, ...words],
    stop: { interval: 60_000, attempts: 1 },
  };
}

const ARCHIVER = /(?:^|\/)zeek-archiver$/;
/**
 * `$0` is the archiver, `$@` its operands. A shell, since zeek-archiver knows no orderly end; it is
 * prepared for its own before it starts anything. `$!` is there as soon as the archiver is: with a
 * variable of its own an order to end could come in between, and find nobody to pass it on to.
 */
const LAST_PASS =
  'trap \'trap "" TERM; kill $!; wait $!; exec "$0" -1 "$@"\' TERM; "$0" "$@" & wait $!';
