import type { Endpoint } from "../http.ts";

/** Named conditions of readiness; each says what is missing, or null. */
export type ReadyChecks = Readonly<Record<string, () => string | null>>;

/** /livez answers while the process does; /readyz when every check holds. Both are public: they say nothing secret. */
export function healthEndpoints(checks: ReadyChecks): readonly Endpoint[] {
  return [
    {
      method: "GET",
      path: "/livez",
      access: "public",
      handle: ({ response }) => {
        response.writeHead(200, { "content-type": "text/plain" }).end("ok\n");
      },
    },
    {
      method: "GET",
      path: "/readyz",
      access: "public",
      handle: ({ response }) => {
        const failing = Object.entries(checks).flatMap(([name, check]) => {
          const missing = check();
          return missing === null ? [] : [`${name}: ${missing}`];
        });
        const text = failing.length === 0 ? "ok\n" : `${failing.join("\n")}\n`;
        response.writeHead(failing.length === 0 ? 200 : 503, { "content-type": "text/plain" }).end(text);
      },
    },
  ];
}
