import { connect, createServer, isIP, type Server } from "node:net";
import { networkInterfaces } from "node:os";
import type { Clock } from "../../lib/clock.ts";
import type { Failure } from "../../redirect/explain-failure.ts";
import { isSkipped, type RedirectOptions } from "../../redirect/options.ts";

/** TEST-NET-1 and the documentation prefix (RFC 5737, RFC 3849): nobody answers there but who is redirected to. */
const NOWHERE = ["192.0.2.1", "2001:db8::1"] as const;
/** Tried in turn until one is not exempt. */
const PORTS = [65_001, 64_001, 63_001, 62_001] as const;
const ANSWER_MS = 5_000;
const GREETING = "meshctl-init probe\n";

/**
 * Listens where the proxy will and dials an address nobody has: the connection must come here. Loaded rules prove little; a
 * kernel without conntrack, another program's rules before ours, or the wrong user would show. Null when redirection works.
 */
export async function verifyRedirection(options: RedirectOptions, clock: Clock): Promise<Failure | null> {
  let server: Server;
  try {
    server = await listen(options.outboundPort);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EADDRINUSE") {
      return {
        message: `port ${options.outboundPort} is taken, so the probe cannot listen there`,
        hint: "Nothing may use it but the proxy, which starts later.",
      };
    }
    return {
      message: `cannot listen on port ${options.outboundPort}: ${code ?? String(error)}`,
      hint: "The probe listens there for a moment.",
    };
  }
  try {
    const outcomes: [string, Outcome][] = [];
    for (const address of destinations()) {
      const port = PORTS.find((candidate) => !isSkipped(options, address, candidate));
      if (port === undefined) continue;
      outcomes.push([`${address.includes(":") ? `[${address}]` : address}:${port}`, await dial(address, port, clock)]);
    }
    return judge(outcomes, options);
  } finally {
    server.close();
  }
}

/** What came of a probe: `redirected`, `elsewhere` (somebody else answered), or an error code. */
type Outcome = string;

function judge(outcomes: readonly [string, Outcome][], { outboundPort, proxyUid }: RedirectOptions): Failure | null {
  // Without a route there is nothing to redirect: pods have one family often, and a namespace may have none yet.
  const routed = outcomes.filter(([, outcome]) => outcome !== "ENETUNREACH" && outcome !== "EADDRNOTAVAIL" && outcome !== "EAFNOSUPPORT");
  const failed = routed.find(([, outcome]) => outcome !== "redirected");
  if (failed) {
    return {
      message: `a connection to ${failed[0]} did not arrive at port ${outboundPort}: ${failed[1]}`,
      hint: `The rules are loaded and do not act. Does this run as user ${proxyUid}, whom they exempt? Do other rules come first (nft list ruleset)?`,
    };
  }
  if (routed.length > 0) return null;
  return {
    message: "redirection cannot be verified: there is no route to anywhere",
    hint: "The pod's network must be there before its init containers run.",
  };
}

/** Where nobody is; and neighbours, for a network without a default route. */
function destinations(): string[] {
  const neighbours = Object.values(networkInterfaces())
    .flat()
    .filter((own) => own !== undefined && !own.internal && own.family === "IPv4")
    .map((own) => neighbourOf(own?.address ?? "", own?.cidr ?? ""));
  return [...NOWHERE, ...neighbours.filter((address) => isIP(address) === 4).slice(0, 1)];
}

/** Another address of the same network: the last bit turned. */
function neighbourOf(address: string, cidr: string): string {
  const bytes = address.split(".").map(Number);
  const last = bytes.pop() ?? 0;
  return cidr.endsWith("/32") ? "" : [...bytes, last ^ 1].join(".");
}

function listen(port: number): Promise<Server> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.end(GREETING);
  });
  // Both families where there are two.
  return new Promise((resolve, reject) => {
    const fallBack = (error: NodeJS.ErrnoException): void => {
      if (error.code !== "EAFNOSUPPORT" && error.code !== "EADDRNOTAVAIL") return reject(error);
      server.once("error", reject).listen(port, "0.0.0.0", () => resolve(server));
    };
    server.once("error", fallBack).listen(port, "::", () => {
      server.off("error", fallBack);
      resolve(server);
    });
  });
}

function dial(host: string, port: number, clock: Clock): Promise<Outcome> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (outcome: Outcome): void => {
      timer.cancel();
      socket.destroy();
      resolve(outcome);
    };
    const timer = clock.setTimer(() => end("nobody answered in time"), ANSWER_MS);
    let heard = "";
    socket.on("error", (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
    socket.on("data", (bytes) => {
      heard += bytes.toString("latin1");
      if (heard.length >= GREETING.length) end(heard.startsWith(GREETING) ? "redirected" : "somebody else answered");
    });
    socket.on("end", () => end(heard === GREETING ? "redirected" : "it was closed without a word"));
  });
}
