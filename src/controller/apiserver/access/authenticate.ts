import type { IncomingMessage } from "node:http";
import { type Caller, HttpError } from "../../http.ts";
import { type AccountTokens, ISSUER } from "./account-tokens.ts";
import { AUTHENTICATED, MASTERS, type Subject } from "./subject.ts";

/** Who sent the request, as the server around us has proven it or by a service account's token. Throws 401 and 403. */
export async function authenticate(request: IncomingMessage, caller: Caller, tokens: AccountTokens): Promise<Subject> {
  if (caller.kind === "admin") return { username: caller.user, groups: [...new Set([...caller.groups, MASTERS, AUTHENTICATED])] };
  const [, token] = /^Bearer +([\w-]+\.[\w-]+\.[\w-]+) *$/i.exec(request.headers.authorization ?? "") ?? [];
  if (token !== undefined) {
    const verified = await tokens.verify(token, [ISSUER]);
    if ("subject" in verified) return verified.subject;
    throw new HttpError(401, "Unauthorized", `Unauthorized: ${verified.problem}`);
  }
  if (caller.kind === "anonymous") throw new HttpError(401, "Unauthorized", "Unauthorized");
  throw new HttpError(403, "Forbidden", "only administrators of the mesh may use the resource API");
}

/** Groups and extras one request may name. */
const MAX_VALUES = 64;

/** Whom the request wants to be taken for (`Impersonate-User` and its like); null when itself. Throws 400. */
export function impersonated(request: IncomingMessage): Subject | null {
  const headers = request.headersDistinct;
  const [username] = headers["impersonate-user"] ?? [];
  const groups = headers["impersonate-group"] ?? [];
  const [uid] = headers["impersonate-uid"] ?? [];
  const extras = Object.entries(headers).filter(([name]) => name.startsWith("impersonate-extra-"));
  if (username === undefined || username === "") {
    if (groups.length + extras.length === 0 && uid === undefined) return null;
    throw new HttpError(400, "BadRequest", "requested groups, uid or extra without impersonating a user");
  }
  if (groups.length + extras.length > MAX_VALUES) throw new HttpError(400, "BadRequest", "too many impersonation headers");
  const [, namespace] = /^system:serviceaccount:([^:]+):[^:]+$/.exec(username) ?? [];
  const implied = namespace !== undefined && groups.length === 0 ? ["system:serviceaccounts", `system:serviceaccounts:${namespace}`] : [];
  return {
    username,
    ...(uid === undefined ? {} : { uid }),
    groups: [...new Set([...groups, ...implied, ...(username === "system:anonymous" ? [] : [AUTHENTICATED])])],
    ...(extras.length === 0
      ? {}
      : {
          extra: Object.fromEntries(
            extras.map(([name, values]) => [decodeURIComponent(name.slice("impersonate-extra-".length)), values ?? []]),
          ),
        }),
  };
}
