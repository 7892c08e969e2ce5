/** What each load balancing method makes of a worker's interface and environment. */
import type { Problem } from "../plan.ts";
import type { Process } from "./expand.ts";
import type { Settings } from "./settings.ts";

export function balanced(
  file: string,
  processes: readonly Process[],
  settings: Pick<Settings, "pfRing" | "custom">,
): { processes: Process[]; notes: Problem[] } {
  const rings = new Map<string, { id: number; instances: number }>();
  const result = processes.map((process): Process => {
    const { section, interface: name } = process;
    const { balance } = section;
    if (balance === undefined) return process;
    switch (balance.method) {
      case "interfaces":
        return process;
      case "af_packet":
        return { ...process, interface: `${AF_PACKET}${name}` };
      case "myricom":
        return {
          ...process,
          env: { SNF_NUM_RINGS: String(balance.procs), SNF_FLAGS: "0x101" },
        };
      case "custom": {
        const { prefix, suffix } = settings.custom;
        return { ...process, interface: `${prefix}${name}${suffix}` };
      }
      case "pf_ring":
        return inRing(process, rings, settings.pfRing);
      default:
        return balance.method satisfies never;
    }
  });
  const notes = [...fanoutNotes(file, result), ...ringNotes(file, result, settings)];
  return { processes: result, notes };
}

/** Each interface of the host is a ring with an id of its own, shared by all who read from it. */
function inRing(
  process: Process,
  rings: Map<string, { id: number; instances: number }>,
  { id, variable, firstInstance }: Settings["pfRing"],
): Process {
  if (id === 0) return process;
  const name = process.interface;
  const ring = rings.get(name) ?? { id: id + rings.size, instances: firstInstance };
  rings.set(name, { ...ring, instances: ring.instances + 1 });
  const isZeroCopy = name.startsWith("zc:") || name.startsWith("pf_ring::zc:");
  const own = isZeroCopy ? `${name}@${ring.instances}` : name;
  return {
    ...process,
    interface: own,
    env: {
      [variable]: "1",
      ...(isZeroCopy ? { PCAP_PF_RING_ZC_RSS: "1" } : { PCAP_PF_RING_CLUSTER_ID: String(ring.id) }),
      PCAP_PF_RING_APPNAME: `zeek-${own}`,
    },
  };
}

/** The kernel refuses a fanout group that spans interfaces: all but the first would read nothing. */
function fanoutNotes(file: string, processes: readonly Process[]): Problem[] {
  const groups = new Map<string, string>();
  const notes = new Map<Process["section"], Problem>();
  for (const { section, interface: name } of processes) {
    if (section.balance === undefined || !name.startsWith(AF_PACKET)) continue;
    const given = section.afPacket.find(({ option }) => option === "fanout_id")?.value;
    const id = given ?? ZEEK_FANOUT_ID;
    const other = groups.get(id);
    groups.set(id, other ?? name);
    if (other === undefined || other === name || notes.has(section)) continue;
    const line = section.lineOf(given === undefined ? "interface" : "af_packet_fanout_id");
    const text = `node '${section.name}': '${name}' has the fanout id ${id} of '${other}'`;
    notes.set(section, {
      file,
      line,
      text: `${text}: give one of them another af_packet_fanout_id`,
    });
  }
  return [...notes.values()];
}

function ringNotes(
  file: string,
  processes: readonly Process[],
  { pfRing }: Pick<Settings, "pfRing">,
): Problem[] {
  const first = processes.find(({ section }) => section.balance?.method === "pf_ring")?.section;
  if (first === undefined || pfRing.id !== 0) return [];
  const text = `node '${first.name}': PFRINGClusterID is 0, so PF_RING is not set up`;
  return [{ file, line: first.lineOf("lb_method"), text }];
}

/** What Zeek's packet source plugin for AF_PACKET is called by. */
const AF_PACKET = "af_packet::";

/** Zeek's default of `AF_Packet::fanout_id`. */
const ZEEK_FANOUT_ID = "23";
