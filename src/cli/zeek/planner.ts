/**
 * The program that plans for a Supervisor to be: what it loads for that ends with it, and the
 * Supervisor, which lives long, stays small. The request comes as its argument, the answer goes to stdout.
 */
import fs from "node:fs";
import type { NodeConfig } from "../../core/config.ts";
import { CoppiceError } from "../../errors.ts";
import { killedWithUs } from "../../os/tools.ts";
import { ZeekInstallations } from "../../os/zeek-installation.ts";
import { problemText } from "../../zeek/plan.ts";
import { obstaclesOf } from "./obstacles.ts";
import { type PlanRequest, planFile } from "./plan-file.ts";

/** What a Supervisor needs of a plan. */
export interface RunPlan {
  nodes: NodeConfig[];
  notes: string[];
  directories: string[];
  seed?: string;
}

export type PlannerAnswer =
  | { plan: RunPlan }
  /** Lines. */
  | { problems: string[] }
  | { error: string; exitStatus: number };

async function answer(request: PlanRequest): Promise<PlannerAnswer> {
  try {
    const installations = new ZeekInstallations(killedWithUs());
    const planned = await planFile(request, process.env, installations);
    if ("problems" in planned) return { problems: planned.problems.map(problemText) };
    const { plan } = planned;
    const { problems, notes } = obstaclesOf(plan, process.env, request.stateDirectory);
    if (problems.length > 0) return { problems: problems.map(problemText) };
    const { nodes, directories, seed } = plan;
    const all = [...plan.notes, ...notes];
    return { plan: { nodes, directories, notes: all, ...(seed === undefined ? {} : { seed }) } };
  } catch (error) {
    if (!(error instanceof CoppiceError)) throw error;
    return { error: error.message, exitStatus: error.exitStatus };
  }
}

const request = JSON.parse(process.argv[2] ?? "") as PlanRequest;
const text = Buffer.from(JSON.stringify(await answer(request)));
for (let at = 0; at < text.length; ) at += fs.writeSync(1, text, at);
