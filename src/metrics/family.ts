/** What is told under one name: numbers that are known elsewhere, as they were when they were asked for. */
export interface Family {
  name: string;
  type: "counter" | "gauge";
  /** One sentence. */
  help: string;
  samples: readonly Sample[];
}

export interface Sample {
  labels: Labels;
  /** Further ones. The samples of a node, which can be thirty, have one object, whose text is made once. */
  sharedLabels?: Labels;
  value: number;
}

/** Names are our own; values may be anything. */
export type Labels = Readonly<Record<string, string>>;

/** What is told of values that are counted as they come, by how large they are. */
export interface Distribution {
  name: string;
  /** One sentence. */
  help: string;
  /** The largest value in each bucket, ascending; one for all others comes of itself. */
  buckets: readonly number[];
}
