import { API, type ServerVersion } from "../../api/contract.ts";
import { type Endpoint, HttpError } from "../http.ts";
import { describeProxy, listProxies, type StatusContext } from "../publish/proxy-status.ts";

/** Version and proxies: what `meshctl version`, `proxy-status` and `check` ask. */
export function meshEndpoints(version: () => ServerVersion, status: () => StatusContext): readonly Endpoint[] {
  return [
    { method: "GET", path: API.VERSION, access: "admin", handle: (exchange) => exchange.json(200, version()) },
    { method: "GET", path: API.PROXIES, access: "admin", handle: (exchange) => exchange.json(200, listProxies(status())) },
    {
      method: "GET",
      path: API.PROXY,
      access: "admin",
      handle: (exchange) => {
        const id = `${exchange.params.namespace}/${exchange.params.instance}`;
        const proxy = describeProxy(status(), id);
        if (proxy === null) throw new HttpError(404, "NotFound", `proxy ${id} not found`);
        exchange.json(200, proxy);
      },
    },
  ];
}
