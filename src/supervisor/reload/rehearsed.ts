/** The Supervisor's API in a rehearsal: what is asked for is noted, and taken to be done. */
import type { Following } from "../../core/api.ts";
import type { NodeConfig } from "../../core/config.ts";
import type { NodeStatus, Status } from "../../core/status.ts";
import { UnsupportedError } from "../../errors.ts";
import type { LocalSupervisor } from "../../script/role.ts";
import { acceptConfig } from "../config/config-schema.ts";
import { OutputClaims } from "../config/output-claims.ts";

export class RehearsedSupervisor implements LocalSupervisor {
  readonly #nodes = new Map<string, NodeStatus>();
  readonly #claims = new OutputClaims();
  readonly #created: (status: NodeStatus) => void;
  readonly #ended: () => void;

  /** @param created called for each node; @param ended a script wants the tree to end */
  constructor(created: (status: NodeStatus) => void, ended: () => void) {
    this.#created = created;
    this.#ended = ended;
  }

  /** The nodes that there would be. */
  wanted(): NodeConfig[] {
    return [...this.#nodes.values()].map(({ node }) => node);
  }

  async create(config: NodeConfig): Promise<NodeStatus> {
    const node = acceptConfig(config, (name) => this.#nodes.get(name)?.node, this.#claims);
    const status: NodeStatus = {
      node,
      state: "running",
      ready: true,
      generation: 1,
      since: Date.now(),
    };
    this.#nodes.set(node.name, status);
    this.#claims.came(node);
    this.#created(status);
    return status;
  }

  async destroy(name = ""): Promise<boolean> {
    for (const one of name === "" ? this.#nodes.keys() : [name]) this.#claims.left(one);
    if (name !== "") return this.#nodes.delete(name);
    this.#nodes.clear();
    return true;
  }

  async restart(name = ""): Promise<boolean> {
    return this.#has(name);
  }

  async stopNode(name = ""): Promise<boolean> {
    return this.#has(name);
  }

  async startNode(name = ""): Promise<boolean> {
    return this.#has(name);
  }

  status(name = ""): Status {
    const nodes = [...this.#nodes].filter(([node]) => name === "" || node === name);
    return { nodes: Object.fromEntries(nodes) };
  }

  async usage(): Promise<Record<string, never>> {
    return {};
  }

  async crashes(): Promise<[]> {
    return [];
  }

  async crash(): Promise<undefined> {
    return undefined;
  }

  watch(): () => void {
    return () => {};
  }

  follow(): Following {
    return { ended: Promise.resolve(), stop() {} };
  }

  async stop(): Promise<void> {
    this.#ended();
  }

  async plan(): Promise<never> {
    throw new UnsupportedError("this process only finds out what the scripts want");
  }

  async reload(): Promise<never> {
    return this.plan();
  }

  #has(name: string): boolean {
    return name === "" || this.#nodes.has(name);
  }
}
