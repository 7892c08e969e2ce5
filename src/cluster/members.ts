/** Which nodes are there, as they say themselves (`Cluster::hello`) and as connections come and go. */

/** What Zeek calls `Cluster::node_up` and `Cluster::node_down`. */
export interface Change {
  kind: "nodeUp" | "nodeDown";
  name: string;
  /** The endpoint's UUID: another one for each of the node's processes. */
  id: string;
}

export class Members {
  readonly #ids = new Map<string, string>();

  /** Those that are there, in the order in which they came. */
  get names(): string[] {
    return [...this.#ids.keys()];
  }

  has(name: string): boolean {
    return this.#ids.has(name);
  }

  /**
   * A node has said its name. One that came back before its old connection was found to be broken
   * has first gone: Zeek calls it a duplicate, and tells its scripts nothing.
   */
  hello(name: string, id: string): Change[] {
    const old = this.#ids.get(name);
    if (old === id) return [];
    const gone: Change[] = old === undefined ? [] : this.lost(old);
    this.#ids.set(name, id);
    return [...gone, { kind: "nodeUp", name, id }];
  }

  /** A connection is no more. */
  lost(id: string): Change[] {
    for (const [name, known] of this.#ids) {
      if (known !== id) continue;
      this.#ids.delete(name);
      return [{ kind: "nodeDown", name, id }];
    }
    return [];
  }
}
