/** The Supervisor as a service: what its manager (systemd) is told, if there is one. */
import type { Ending } from "../ending.ts";
import type { LocalApi } from "../local-api.ts";
import type { Reload } from "../reload/reload.ts";
import type { Supervisor } from "../supervisor.ts";

export interface Service {
  /** The tree is up; after a reload, again. */
  ready(): void;
  /**
   * This process is about to replace its own image. Resolves when the manager has been told, and
   * nothing of ours runs that the next image would not know of. If it fails, `ready` takes it back.
   */
  reloading(): Promise<void>;
  /** The tree ends. Resolves when the manager has been told. */
  stopping(): Promise<void>;
  /** One line for people. It is replaced when something happens to a node. */
  status(text: string): void;
}

export interface ServiceParts {
  api: LocalApi;
  ending: Ending;
  reload: Reload;
  supervisor: Supervisor;
}

/**
 * The manager of this process, as its environment has it. To be called once, before the tree is
 * up; the code is loaded only where there is one to talk to.
 *
 * A process that replaces its own image must pass on NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID.
 */
export async function serviceOf(
  env: NodeJS.ProcessEnv,
  { api, ending, reload, supervisor }: ServiceParts,
  say: (text: string) => void,
): Promise<Service> {
  const service = env["NOTIFY_SOCKET"] ? await managed(env, api, supervisor, say) : NOBODY;
  ending.onBegin(() => service.stopping());
  reload.onReplace = () => service.reloading();
  return service;
}

async function managed(
  env: NodeJS.ProcessEnv,
  api: LocalApi,
  supervisor: Supervisor,
  say: (text: string) => void,
): Promise<Service> {
  const { systemdNotify, watchdogTime } = await import("../../os/notify.ts");
  const send = systemdNotify();
  if (send === undefined) {
    say(
      "warning: NOTIFY_SOCKET is set, but there is no systemd-notify on the PATH to tell the service manager anything: install systemd's tools, or run this as Type=exec without a watchdog",
    );
    return NOBODY;
  }
  const { ManagedService } = await import("./managed-service.ts");
  return new ManagedService({
    send,
    watchdog: watchdogTime(env, process.pid),
    nodes: () => Object.values(supervisor.status().nodes),
    watch: (changed) => api.watch(changed),
    ping: (alive) => supervisor.ping(alive),
    say,
  });
}

/** What is meant for this process alone, and would confuse those that it starts. */
export const SERVICE_VARIABLES = ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"] as const;

const NOBODY: Service = {
  ready() {},
  async reloading() {},
  async stopping() {},
  status() {},
};
