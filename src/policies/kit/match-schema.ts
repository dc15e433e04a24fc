import * as z from "zod";
import type { Violation } from "../../lib/errors.ts";
import { checkRegex } from "../../match/regex.ts";
import { mapList } from "../../model/list-types.ts";

/** Header names (RFC 9110 5.1) and, in the Gateway API, names of query parameters. */
const TOKEN = /^[A-Za-z0-9!#$%&'*+\-.^_`|~]+$/;
/** Paths of the Gateway API: the characters of RFC 3986, and percent escapes. */
const PATH = /^(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|%[0-9a-fA-F]{2})+$/;

export const headerName = z.string().min(1).max(256).regex(TOKEN, "must be a token: letters, digits and !#$%&'*+-.^_`|~ (RFC 9110)");

const valueType = z.enum(["Exact", "RegularExpression"]);

const pathMatch = z.strictObject({
  type: z.enum(["Exact", "PathPrefix", "RegularExpression"]).default("PathPrefix").describe("PathPrefix counts whole segments."),
  value: z.string().max(1024).default("/").describe("What the path is compared with."),
});

const namedMatch = z.strictObject({
  type: valueType.default("Exact").describe("How the value is compared; regular expressions match whole values."),
  name: headerName.describe("Header names in any case; query parameter names as written."),
  value: z.string().min(1).max(4096).describe("What the value is compared with."),
});

export const METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"] as const;

const method = z.enum(METHODS).optional().describe("HTTP method.");
const path = pathMatch.optional().describe("Condition on the path, without query.");
const namedMatches = mapList(["name"], z.array(namedMatch.describe("One condition.")).max(16)).optional();
const headers = namedMatches.describe("Conditions on headers; all must hold.");

/** HTTPRouteMatch of the Gateway API: all parts must hold. */
export const routeMatchSchema = z.strictObject({
  path,
  headers,
  queryParams: namedMatches.describe("Conditions on query parameters; all must hold."),
  method,
});

/** What policies match requests by: a route's match without query parameters. */
export const requestMatchSchema = z.strictObject({ path, headers, method });

type Match = z.output<typeof routeMatchSchema>;

/** Rules the schema of a match cannot say: what paths may hold, and that regular expressions are ones. `at` is the match's field path. */
export function matchViolations(match: Match, at: string): readonly Violation[] {
  const found: Violation[] = [];
  if (match.path !== undefined) {
    const problem = match.path.type === "RegularExpression" ? regexProblem(match.path.value) : pathProblem(match.path.value);
    if (problem !== null) found.push({ path: `${at}.path.value`, ...problem });
  }
  for (const field of ["headers", "queryParams"] as const) {
    for (const [index, { type, value }] of (match[field] ?? []).entries()) {
      const problem = type === "RegularExpression" ? regexProblem(value) : null;
      if (problem !== null) found.push({ path: `${at}.${field}[${index}].value`, ...problem });
    }
  }
  return found;
}

type Problem = Pick<Violation, "message" | "hint">;

function regexProblem(pattern: string): Problem | null {
  const problem = checkRegex(pattern);
  return problem === null ? null : { message: `is not a usable regular expression: ${problem.message}` };
}

/** As the Gateway API has it: what a canonical path never holds can never match. */
export function pathProblem(value: string): Problem | null {
  if (!value.startsWith("/")) return { message: 'must begin with "/"', hint: `"/${value}"` };
  for (const part of ["//", "/./", "/../", "%2f", "%2F", "#"]) {
    if (value.includes(part)) return { message: `must not contain "${part}": no request path does, once it is brought to one spelling` };
  }
  if (value.endsWith("/..") || value.endsWith("/.")) return { message: 'must not end with "/." or "/.."' };
  return PATH.test(value) ? null : { message: "has a character that must be percent-encoded in a path" };
}
