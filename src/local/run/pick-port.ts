import { createServer } from "node:net";

/**
 * A port of the loopback address that is free now, for an application that must be told one: it binds it
 * itself, a moment later. Sidecars bind port 0 instead and never let go.
 */
export function pickPort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen({ host: "127.0.0.1", port: 0, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
