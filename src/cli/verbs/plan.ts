/** `coppice plan`: what a reload would change. */
import { paintFor } from "../colour.ts";
import type { Context } from "../context.ts";
import type { Line } from "../line.ts";
import { refuseOperands } from "../operands.ts";
import { PLAN_COLUMNS, planRows, planSummary } from "../plan-table.ts";
import { jsonLine } from "../printable.ts";
import { refuseZeek, withRemote } from "../remote.ts";
import { sayNote } from "../say.ts";
import { renderTable } from "../table.ts";

export async function run(line: Line, context: Context): Promise<number> {
  refuseOperands(line);
  const paint = paintFor(line, context.env, context.stdout);
  return withRemote(line, context, async (remote) => {
    refuseZeek(remote, "it reads its scripts once");
    const plan = await remote.plan();
    if (line.flag("json")) {
      context.stdout.write(jsonLine(plan));
      return 0;
    }
    for (const note of plan.notes) sayNote(context, note);
    const rows = planRows(plan);
    const { columns } = context.stdout;
    const table = rows.length === 0 ? [] : renderTable(PLAN_COLUMNS, rows, columns, paint);
    context.stdout.write(`${[...table, planSummary(plan)].join("\n")}\n`);
    return 0;
  });
}
