/** What must hold between the settings of a file, and what of Zeek's is not done here yet. */
import { isAccount } from "../../core/identity.ts";
import type { Installation } from "../plan.ts";
import type { Dialect } from "./dialect.ts";
import { inSection, type Remark } from "./grammar.ts";
import type { InterfaceSettings, Settings } from "./settings.ts";
import { isIPv6, isLoopback, isSameAddress } from "./values.ts";

/** @returns what is wrong, of each part of the file that can be told apart from the others */
export function unmetRequirements(
  settings: Settings,
  dialect: Dialect,
  { addresses }: Pick<Installation, "addresses">,
): Remark[] {
  const interfaces = dialect === "9.0" ? settings.interfaces.flatMap(interfaceProblem) : [];
  if (interfaces.length > 0) return interfaces;
  return [
    ...elsewhere(settings, addresses),
    noManager(settings),
    managerOnIPv6(settings),
    ...noRoom(settings),
    ...noAccounts(settings),
  ].flatMap((problem) => problem ?? []);
}

/** Zeek's rules of an interface and its workers (`InterfaceWorkerConfig::from_section`). */
function interfaceProblem({
  name,
  line,
  interface: device,
  workers,
}: InterfaceSettings): Remark | [] {
  const end = inSection(name === "" ? "" : `interface ${name}`);
  if (workers.line !== undefined && device.line === undefined) {
    return { line: workers.line, text: `found workers but no interface option${end}` };
  }
  if (device.value !== "" && workers.value === undefined) {
    return { line: device.line ?? line, text: `found interface but no worker option${end}` };
  }
  // Outside of sections Zeek lets this pass, and starts workers on an interface without a name.
  if (device.value === "" && (name !== "" || (workers.value ?? 0) > 0)) {
    return { line: device.line ?? line, text: `empty interface option not allowed${end}` };
  }
  return [];
}

function noAccounts({ zeek: { user, group } }: Settings): Remark[] {
  return Object.entries({ user, group }).flatMap(([key, { value, line }]) =>
    value === undefined || line === undefined || isAccount(value)
      ? []
      : [{ line, text: `invalid ${key} '${value}'` }],
  );
}

function elsewhere({ zeek: { address } }: Settings, addresses: readonly string[]): Remark[] {
  const isHere =
    isLoopback(address.value) || addresses.some((own) => isSameAddress(own, address.value));
  if (isHere || address.line === undefined) return [];
  const text = `address '${address.value}' is none of this host's`;
  return [
    {
      line: address.line,
      text: `${text}: that is not supported yet, all nodes run on this host`,
    },
  ];
}

/** Only a part of a cluster on several hosts goes without: no node would find the others. */
function noManager({ zeek, interfaces }: Settings): Remark | undefined {
  if (zeek.manager.value || zeek.cluster_layout.value !== undefined) return undefined;
  const others = [zeek.loggers, zeek.proxies, ...interfaces.map(({ workers }) => workers)];
  const asked = others.find(({ value }) => (value ?? 0) > 0);
  const line = zeek.manager.line ?? asked?.line;
  if (asked === undefined || line === undefined) return undefined;
  const text = "no manager, which the other nodes need: set 'manager = 1'";
  return { line, text: `${text} (Zeek 9.0 runs none unless told to, 8.x always ran one)` };
}

/** Zeek makes the logger's endpoint without the brackets that an IPv6 address needs there. */
function managerOnIPv6({ zeek }: Settings): Remark | undefined {
  const { address, loggers, cluster_backend_args: backend, manager, cluster_layout } = zeek;
  if (!isIPv6(address.value) || loggers.value > 0 || !manager.value) return undefined;
  if (cluster_layout.value !== undefined || address.line === undefined) return undefined;
  if (!backend.value.some((word) => word.includes("zeromq"))) return undefined;
  const text = `a manager that logs does not work at an IPv6 address ('[${address.value}]')`;
  return { line: address.line, text: `${text} over ZeroMQ: set 'loggers = 1'` };
}

/** Ports are counted up from the first, one for each node that listens. */
function noRoom({ zeek, interfaces }: Settings): Remark[] {
  const listening = (zeek.manager.value ? 1 : 0) + zeek.loggers.value + zeek.proxies.value;
  const workers = interfaces.reduce((sum, { workers: some }) => sum + (some.value ?? 0), 0);
  const { port, metrics_port: metrics } = zeek;
  const found: Remark[] = [];
  if (port.value + listening - 1 > MAX_PORT) {
    found.push({ line: port.line ?? 1, text: tooHigh("port", port.value, listening) });
  }
  const all = listening + workers;
  if (metrics.value > 0 && metrics.value + all - 1 > MAX_PORT) {
    const line = metrics.line ?? interfaces.at(-1)?.workers.line ?? 1;
    found.push({ line, text: tooHigh("metrics_port", metrics.value, all) });
  }
  return found;
}

function tooHigh(key: string, port: number, needed: number): string {
  return `invalid ${key} value: '${port}': ${needed} ports are needed from there, and ${MAX_PORT} is the last`;
}

const MAX_PORT = 65_535;
