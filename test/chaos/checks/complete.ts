/**
 * Whatever a node has written arrives: also what it wrote just before it was killed. Not so if its Stem
 * was killed, or a Supervisor whose tree lived on: what these had in their hands is lost.
 */
import fs from "node:fs";
import { type Progress, progressIn } from "./progress.ts";

export interface CompletePorts {
  /** The last numbers that came of a process, where its lines come through the Supervisor. */
  came(node: string, life: string): { stdout: number; stderr: number };
  isAlive(life: string): boolean;
  forget(node: string, life: string): void;
}

interface Due extends Progress {
  /** It has ended. */
  isOver: boolean;
}

export class Complete {
  /** How many processes' lines were all there. */
  whole = 0;
  readonly #directory: string;
  readonly #ports: CompletePorts;
  /** Files of processes whose lines may have been lost. */
  readonly #excused = new Set<string>();

  constructor(directory: string, ports: CompletePorts) {
    this.#directory = directory;
    this.#ports = ports;
  }

  /** What is under way now may be lost: of every process, or of those that this Stem has started. */
  excuse(stem?: number): void {
    for (const { file, stem: parent } of progressIn(this.#directory))
      if (stem === undefined || stem === parent) this.#excused.add(file);
  }

  /**
   * What is to have arrived of these nodes.
   * @param stem of those that this Stem has started, where nothing was lost; undefined: of all
   */
  due(nodes: ReadonlySet<string>, stem: number | undefined): Due[] {
    // In this order: what has ended has written all that it ever will.
    const over = new Set(
      progressIn(this.#directory).flatMap(({ life }) => (this.#ports.isAlive(life) ? [] : [life])),
    );
    return progressIn(this.#directory)
      .filter(({ node }) => nodes.has(node))
      .filter((one) => stem === undefined || (one.stem === stem && !this.#excused.has(one.file)))
      .map((one) => ({ ...one, isOver: over.has(one.life) }));
  }

  /** @returns what of that has not arrived yet, in words */
  missing(due: readonly Due[]): string[] {
    return due.flatMap(({ node, life, stdout, stderr }) => {
      const came = this.#ports.came(node, life);
      if (came.stdout >= stdout && came.stderr >= stderr) return [];
      return [
        `'${node}' (PID ${life}) has written ${stdout} and ${stderr} lines, and ${came.stdout} and ${came.stderr} came`,
      ];
    });
  }

  /** All of these have arrived: of those that have ended nothing more is expected. */
  settled(due: readonly Due[]): void {
    const over = due.filter(({ isOver }) => isOver);
    this.whole += over.length;
    for (const { node, life } of over) this.#ports.forget(node, life);
    for (const { file } of over) fs.rmSync(file, { force: true });
  }
}
