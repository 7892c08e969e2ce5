/** Has another process plan. */
import { ZeekError } from "../../errors.ts";
import { ownExecutable } from "../../os/executable.ts";
import { runtimeFile } from "../../os/runtime.ts";
import { startCompanion } from "../../os/spawn.ts";
import { NODE_OPTIONS } from "../../script/options.ts";
import type { Context } from "../context.ts";
import type { PlanRequest } from "./plan-file.ts";
import type { PlannerAnswer } from "./planner.ts";

/** @throws ZeekError (a rejection) if there is no answer */
export async function askPlanner(request: PlanRequest, context: Context): Promise<PlannerAnswer> {
  const args = [...NODE_OPTIONS, runtimeFile("cli/zeek/planner"), JSON.stringify(request)];
  const planner = startCompanion(ownExecutable(), args);
  const done = context.beforeSignal(() => planner.kill("SIGTERM"));
  const [output, complaints] = [textOf(planner.stdout), textOf(planner.stderr)];
  try {
    await planner.ended;
    return JSON.parse(await output) as PlannerAnswer;
  } catch {
    const [line = ""] = (await complaints).trim().split("\n");
    throw new ZeekError(`nothing was planned: ${line === "" ? "the planner has ended" : line}`);
  } finally {
    done();
  }
}

async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
