import { type Endpoint, HttpError } from "../http.ts";

/** Named conditions of readiness; each says what is missing, or null. */
export type ReadyChecks = Readonly<Record<string, () => string | null>>;

const ALIVE: ReadyChecks = { ping: () => null };

/**
 * /livez and /healthz answer while the process does; /readyz when every check holds. `?verbose` lists the checks,
 * `?exclude=NAME` leaves one out, and `/readyz/NAME` is one alone, as an API server has them
 * (https://kubernetes.io/docs/reference/using-api/health-checks/). All are public: they say nothing secret.
 */
export function healthEndpoints(checks: ReadyChecks): readonly Endpoint[] {
  const ready = { ...ALIVE, ...checks };
  return [...endpoints("livez", ALIVE), ...endpoints("healthz", ALIVE), ...endpoints("readyz", ready)];
}

function endpoints(name: string, checks: ReadyChecks): readonly Endpoint[] {
  return [
    {
      method: "GET",
      path: `/${name}`,
      access: "public",
      handle({ response, query }) {
        const excluded = new Set(query.getAll("exclude"));
        const results = Object.entries(checks)
          .filter(([check]) => !excluded.has(check))
          .map(([check, judge]) => ({ check, missing: judge() }));
        const failed = results.some(({ missing }) => missing !== null);
        const lines = results.map(({ check, missing }) => (missing === null ? `[+]${check} ok` : `[-]${check} failed: ${missing}`));
        const text = failed
          ? `${lines.join("\n")}\n${name} check failed\n`
          : query.has("verbose")
            ? `${lines.join("\n")}\n${name} check passed\n`
            : "ok";
        response.writeHead(failed ? 503 : 200, { "content-type": "text/plain" }).end(text);
      },
    },
    {
      method: "GET",
      path: `/${name}/:check`,
      access: "public",
      handle({ response, params: { check = "" } }) {
        const judge = Object.hasOwn(checks, check) ? checks[check] : undefined;
        if (judge === undefined) throw new HttpError(404, "NotFound", `${name} has no check "${check}"`);
        const missing = judge();
        response
          .writeHead(missing === null ? 200 : 503, { "content-type": "text/plain" })
          .end(missing === null ? "ok" : `${check} failed: ${missing}\n`);
      },
    },
  ];
}
