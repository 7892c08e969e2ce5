/** What is wrong between the nodes of node.cfg, each of which may be right by itself. */
import type { Installation, Problem } from "../plan.ts";
import { addressOf, isLocal, isLoopback, type Resolve } from "./hosts.ts";
import type { NodeSection } from "./node-cfg.ts";
import type { Backend } from "./settings.ts";

/** Which nodes there must be, and which there must not be beside others. */
export function kindProblems(file: string, sections: readonly NodeSection[]): Problem[] {
  const of = (type: NodeSection["type"]) => sections.filter((section) => section.type === type);
  const [alone] = of("standalone");
  const [manager, ...managers] = of("manager");
  if (sections.length === 0) return [{ file, text: "it names no node" }];
  const problems: Problem[] = managers.map(({ name, line }) => ({
    file,
    line,
    text: `node '${name}' is a second manager: '${manager?.name}' is the first`,
  }));
  if (alone !== undefined) {
    const others = sections.filter((section) => section !== alone);
    return others.map(({ name, line }) => ({
      file,
      line,
      text: `node '${name}' stands beside '${alone.name}', which is standalone: the only node`,
    }));
  }
  if (manager === undefined) problems.push({ file, text: "a cluster needs a manager" });
  if (of("proxy").length === 0) problems.push({ file, text: "a cluster needs a proxy" });
  return problems;
}

/** @returns the address of each section's host as well, for those that are on this machine */
export function placesOf(
  file: string,
  sections: readonly NodeSection[],
  installation: Installation,
  resolve: Resolve,
): { addresses: Map<NodeSection, string>; problems: Problem[] } {
  const problems: Problem[] = [];
  const addresses = new Map<NodeSection, string>();
  for (const section of sections) {
    const { name, host } = section;
    const line = section.lineOf("host");
    const address = addressOf(host, resolve, installation);
    if (address === undefined) {
      problems.push({ file, line, text: `node '${name}': host '${host}' has no address` });
    } else if (!isLocal(address, installation)) {
      const what = `node '${name}' is on host '${host}', which is not this machine`;
      problems.push({ file, line, text: `${what}: other hosts are not run yet` });
    } else addresses.set(section, address);
  }
  const manager = sections.find(({ type }) => type === "manager");
  const centre = manager && addresses.get(manager);
  for (const [section, address] of addresses) {
    if (centre === undefined || !isLoopback(centre) || isLoopback(address)) continue;
    const text = `node '${section.name}' is at ${address}, but the manager at ${centre}`;
    const line = section.lineOf("host");
    problems.push({ file, line, text: `${text}: give all nodes the same host` });
  }
  return { addresses, problems };
}

/** Zeek's ZeroMQ cannot push logs to a manager with an IPv6 address: it leaves out the brackets. */
export function loggingProblems(
  file: string,
  sections: readonly NodeSection[],
  addresses: ReadonlyMap<NodeSection, string>,
  backend: Backend,
): Problem[] {
  const manager = sections.find(({ type }) => type === "manager");
  const hasLogger = sections.some(({ type }) => type === "logger");
  if (backend !== "zeromq" || hasLogger || manager === undefined) return [];
  if (!addresses.get(manager)?.includes(":")) return [];
  const text = `node '${manager.name}' cannot log over IPv6 with ZeroMQ: add a logger`;
  return [{ file, line: manager.line, text }];
}
