/** What has to be undone whatever happens: processes that run, directories that were made. */

type Step = () => unknown;

const steps = new Set<() => Promise<void>>();
let isOver = false;

/** @returns how to do it now; it is done once at most */
export function undoLater(step: Step): () => Promise<void> {
  const once = async () => {
    if (steps.delete(once)) await step();
  };
  steps.add(once);
  // The bench was told to stop, but what it was doing goes on for a moment.
  if (isOver) void once();
  return once;
}

/** The last first; what comes later is undone as it comes. */
export async function undoAll(): Promise<void> {
  isOver = true;
  for (const step of [...steps].reverse()) await step();
}
