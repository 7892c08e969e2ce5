/** What has to be undone whatever happens: processes that run, directories that were made. */

type Step = () => unknown;

const steps = new Set<Step>();

/** @returns how to do it now; it is done once at most */
export function undoLater(step: Step): () => Promise<void> {
  const once = async () => {
    if (steps.delete(once)) await step();
  };
  steps.add(once);
  return once;
}

/** The last first. */
export async function undoAll(): Promise<void> {
  for (const step of [...steps].reverse()) await step();
}
