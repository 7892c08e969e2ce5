/** How a node's health is checked, as the options of `coppice create` say it. */
import type { HealthCheck } from "../core/health.ts";
import type { Line } from "./line.ts";
import { portFrom } from "./port-text.ts";
import type { Option } from "./verb.ts";

export const HEALTH_OPTIONS: Record<string, Option> = {
  "health-http": {
    type: "string",
    value: "URL",
    text: "restarted unless this answers: PORT, PORT/path, http://…",
  },
  "health-port": {
    type: "string",
    value: "PORT",
    text: "restarted unless this accepts; as --ready-port",
  },
  "health-command": {
    type: "string",
    value: "LINE",
    text: "restarted unless this line for the shell succeeds",
  },
  "health-heartbeat": {
    type: "boolean",
    text: "restarted when its event loop is blocked (scripts only)",
  },
  "health-fd": {
    type: "string",
    value: "N",
    text: "restarted unless it keeps writing to this descriptor",
  },
  "health-interval": {
    type: "string",
    value: "SEC",
    text: "seconds from one check to the next (default: 10)",
  },
  "health-timeout": {
    type: "string",
    value: "SEC",
    text: "seconds that a check may take (default: 5)",
  },
  "health-failures": {
    type: "string",
    value: "N",
    text: "how many checks in a row have to fail (default: 3)",
  },
};

/** @throws UsageError if there is more than one way to check it, or none but how often */
export function healthFrom(
  line: Line,
  absolute: (file: string) => string,
): HealthCheck | undefined {
  const given = WAYS.filter((option) => line.has(option));
  if (given.length > 1) throw line.wrong(`either --${given[0]} or --${given[1]}, not both`);
  const [way] = given;
  const often = MANNERS.find((option) => line.has(option));
  if (way !== undefined) return { ...checkFrom(line, way, absolute), ...mannersFrom(line) };
  if (often === undefined) return undefined;
  throw line.wrong(`--${often} needs a check: one of ${WAYS.map((one) => `--${one}`).join(", ")}`);
}

function checkFrom(line: Line, way: Way, absolute: (file: string) => string): HealthCheck {
  const text = line.text(way) ?? "";
  switch (way) {
    case "health-http":
      return { http: /^\d+$/.test(text) ? Number(text) : text };
    case "health-port":
      return { port: portFrom(text, absolute) };
    case "health-command":
      return { command: ["sh", "-c", text] };
    case "health-heartbeat":
      return { heartbeat: true };
    case "health-fd":
      return { heartbeat: { fd: line.wholeNumber(way) ?? 0 } };
    default:
      return way satisfies never;
  }
}

function mannersFrom(line: Line): Pick<HealthCheck, "interval" | "timeout" | "failures"> {
  const [interval, timeout] = [line.seconds("health-interval"), line.seconds("health-timeout")];
  const failures = line.wholeNumber("health-failures");
  return {
    ...(interval !== undefined && { interval }),
    ...(timeout !== undefined && { timeout }),
    ...(failures !== undefined && { failures }),
  };
}

const WAYS = [
  "health-http",
  "health-port",
  "health-command",
  "health-heartbeat",
  "health-fd",
] as const;
type Way = (typeof WAYS)[number];
const MANNERS = ["health-interval", "health-timeout", "health-failures"] as const;
