/** Answers Zeek's `SupervisorControl`: at once, in order, with what has been accepted. */
import type { Endpoint, Peer, Service } from "../broker/endpoint.ts";
import type { BrokerEvent } from "../broker/event.ts";
import { CoppiceError } from "../errors.ts";
import type { Commands } from "./commands.ts";
import { redactStatus } from "./redact.ts";
import type { CountRequest } from "./request-counts.ts";
import {
  type Answer,
  isKnown,
  MODULE,
  type Request,
  requestOf,
  response,
  TOPIC,
} from "./requests.ts";
import { nodeNamed, nodesNamed, whoIs } from "./who.ts";

/** @param count is told of each request that was answered */
export function supervisorControl(
  endpoint: Endpoint,
  commands: Commands,
  count: CountRequest = () => {},
): Service {
  /** What was decoded for the check is used for the handling, which follows at once. */
  let checked: { event: BrokerEvent; request: Request | undefined } | undefined;

  return {
    module: MODULE,
    topic: TOPIC,
    check(event) {
      checked = { event, request: requestOf(event) };
      return checked.request !== undefined || isKnown(event);
    },
    isHarmless: ({ name }) => name === `${MODULE}status_request`,
    handle(event, from) {
      const request = checked?.event === event ? checked.request : requestOf(event);
      if (request !== undefined) obey(request, from);
    },
  };

  function obey(request: Request, from: Peer): void {
    switch (request.kind) {
      case "create":
        commands.ordered(
          `create ${nodeNamed(request.config.name)}, ordered by ${whoIs(from.info)}`,
        );
        return answer(from, { ...request, result: create(request) });
      case "destroy":
      case "restart":
        commands.ordered(
          `${request.kind} ${nodesNamed(request.node)}, ordered by ${whoIs(from.info)}`,
        );
        return answer(from, {
          ...request,
          kind: request.kind,
          result: order(request.kind, request.node),
        });
      case "status":
        return answer(from, { ...request, kind: "status", result: status(request.node, from) });
      case "stop":
        commands.ordered(`stop, ordered by ${whoIs(from.info)}`);
        count("zeek", "stop", true);
        return commands.stop();
      default:
        return request satisfies never;
    }
  }

  function create({ config }: Request & { kind: "create" }): string {
    try {
      void commands.createFromAfar(config);
      return "";
    } catch (error) {
      if (error instanceof CoppiceError) return error.message;
      throw error;
    }
  }

  /** Accepted, that is, if there is such a node; none of none is all of them. */
  function order(kind: "destroy" | "restart", node: string): boolean {
    const known = node === "" || commands.has(node);
    void commands[kind](node);
    return known;
  }

  function status(node: string, from: Peer) {
    const found = commands.status(node);
    return from.mayControl ? found : redactStatus(found);
  }

  /** Published, as Zeek does; only what a reader asked for is for nobody else. */
  function answer(from: Peer, given: Answer): void {
    count(
      "zeek",
      given.kind,
      given.result !== false && (given.kind !== "create" || given.result === ""),
    );
    const { topic, event } = response(given);
    endpoint.publish(topic, event, from.mayControl ? {} : { only: from });
  }
}
