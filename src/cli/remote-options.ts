/** The options that say where a Supervisor can be reached, and by whom. */
import { UsageError } from "../errors.ts";
import type { ListenAddress, RemoteOptions } from "../supervisor/remote-control.ts";
import { readPem, readToken } from "./files.ts";

export const REMOTE_OPTIONS = {
  listen: { type: "string" },
  websocket: { type: "string" },
  "token-file": { type: "string" },
  "read-token-file": { type: "string" },
  "tls-cert": { type: "string" },
  "tls-key": { type: "string" },
  "tls-ca": { type: "string" },
  "no-tls": { type: "boolean", default: false },
  "allow-host": { type: "string", multiple: true, default: [] as string[] },
  insecure: { type: "boolean", default: false },
} as const;

export interface RemoteValues {
  listen?: string | undefined;
  websocket?: string | undefined;
  "token-file"?: string | undefined;
  "read-token-file"?: string | undefined;
  "tls-cert"?: string | undefined;
  "tls-key"?: string | undefined;
  "tls-ca"?: string | undefined;
  "no-tls": boolean;
  "allow-host": string[];
  insecure: boolean;
}

export const REMOTE_HELP = `      --listen [ADDR:]PORT     let Broker's peers connect, as Zeek does (TLS without certificates)
      --websocket [ADDR:]PORT  let WebSocket clients connect
                               both on 127.0.0.1 unless ADDR is given
      --token-file FILE        WebSocket clients must show this token
      --read-token-file FILE   those with this one may look, and not act
      --tls-cert FILE --tls-key FILE --tls-ca FILE
                               TLS with certificates; with --tls-ca clients must have one too
      --no-tls                 Broker's peers speak plain TCP
      --allow-host NAME        another name by which WebSocket clients may call this host
      --insecure               listen beyond this machine with neither token nor certificates
`;

/** @throws UsageError */
export function remoteOptionsOf(values: RemoteValues): RemoteOptions {
  const tls = tlsOf(values);
  const needs = (option: keyof RemoteValues, other: keyof RemoteValues): void => {
    if (values[option] !== undefined && values[other] === undefined)
      throw new UsageError(`--${option} needs --${other}`);
  };
  needs("token-file", "websocket");
  needs("read-token-file", "websocket");
  if (values["no-tls"] && tls !== undefined)
    throw new UsageError("either --no-tls or certificates, not both");
  if (tls !== undefined && values.listen !== undefined && tls.ca === undefined)
    throw new UsageError(
      "--listen with certificates needs --tls-ca too: Broker's peers show theirs",
    );
  const options: RemoteOptions = {
    plain: values["no-tls"],
    names: values["allow-host"],
    insecure: values.insecure,
  };
  if (values.listen !== undefined) options.listen = addressOf("listen", values.listen);
  if (values.websocket !== undefined) options.websocket = addressOf("websocket", values.websocket);
  if (tls !== undefined) options.tls = tls;
  if (values["token-file"] !== undefined) options.token = readToken(values["token-file"]);
  if (values["read-token-file"] !== undefined)
    options.readToken = readToken(values["read-token-file"]);
  if (options.token !== undefined && options.token === options.readToken)
    throw new UsageError("--token-file and --read-token-file have the same token");
  return options;
}

/** "9999", "127.0.0.1:9999", "[::1]:9999" */
function addressOf(option: string, text: string): ListenAddress {
  const [, bracketed, plain, digits] =
    /^(?:(?:\[([^\]]+)\]|([^:[\]]+)):)?(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (digits === undefined || port > 65_535)
    throw new UsageError(`--${option} needs [ADDR:]PORT, and not '${text}'`);
  return { host: bracketed ?? plain ?? "127.0.0.1", port };
}

function tlsOf(values: RemoteValues): RemoteOptions["tls"] {
  const { "tls-cert": cert, "tls-key": key, "tls-ca": ca } = values;
  if (cert === undefined && key === undefined && ca === undefined) return undefined;
  if (cert === undefined || key === undefined)
    throw new UsageError("TLS with certificates needs both --tls-cert and --tls-key");
  return {
    cert: readPem(cert, "--tls-cert"),
    key: readPem(key, "--tls-key"),
    ...(ca === undefined ? {} : { ca: readPem(ca, "--tls-ca") }),
  };
}
