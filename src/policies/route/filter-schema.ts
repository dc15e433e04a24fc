import * as z from "zod";
import { mapList, setList } from "../../model/list-types.ts";
import { portNumber } from "../../model/names.ts";
import { headerName, METHODS } from "../kit/match-schema.ts";
import { backendReferenceFields } from "./reference-schema.ts";

const header = z.strictObject({
  name: headerName.describe("Name, in any case."),
  value: z.string().min(1).max(4096).describe("Value."),
});

const headerModifier = z.strictObject({
  set: mapList(["name"], z.array(header).max(16)).optional().describe("Written in the place of what is there."),
  add: mapList(["name"], z.array(header).max(16)).optional().describe("Added to what is there."),
  remove: setList(z.array(z.string()).max(16)).optional().describe("Taken away."),
});

const pathModifier = z.strictObject({
  type: z.enum(["ReplaceFullPath", "ReplacePrefixMatch"]).describe("What is replaced."),
  replaceFullPath: z.string().max(1024).optional().describe("The new path."),
  replacePrefixMatch: z.string().max(1024).optional().describe("In the place of the matched prefix."),
});

const preciseHostname = z.string().min(1).max(253);

const requestRedirect = z.strictObject({
  scheme: z.enum(["http", "https"]).optional().describe("Scheme of the new location; the same when absent."),
  hostname: preciseHostname.optional().describe("Host of the new location; the same when absent."),
  path: pathModifier.optional().describe("Path of the new location; the same when absent."),
  port: portNumber.optional().describe("Port of the new location."),
  statusCode: z.literal([301, 302, 303, 307, 308]).default(302).describe("Status of the answer."),
});

const fraction = z.strictObject({
  numerator: z.int().min(0).describe("So many…"),
  denominator: z.int().min(1).default(100).describe("…of so many."),
});

const requestMirror = z.strictObject({
  backendRef: z.strictObject(backendReferenceFields).describe("Who gets a copy; its answer is dropped."),
  percent: z.int().min(0).max(100).optional().describe("Share of requests; all when absent."),
  fraction: fraction.optional().describe("Share of requests, finer; not together with percent."),
});

const cors = z.strictObject({
  allowOrigins: setList(z.array(z.string().min(1).max(253)).max(64))
    .optional()
    .describe("Origins that may ask."),
  allowCredentials: z.boolean().optional().describe("Whether they may send credentials."),
  allowMethods: setList(z.array(z.enum([...METHODS, "*"])).max(9))
    .optional()
    .describe("Methods they may use."),
  allowHeaders: setList(z.array(z.string().min(1).max(256)).max(64))
    .optional()
    .describe("Headers they may send."),
  exposeHeaders: setList(z.array(z.string().min(1).max(256)).max(64))
    .optional()
    .describe("Headers they may read."),
  maxAge: z.int().min(1).default(5).describe("Seconds for which they may remember this."),
});

const externalAuth = z.strictObject({
  protocol: z.enum(["HTTP", "GRPC"]).describe("How the server is asked."),
  backendRef: z.strictObject(backendReferenceFields).describe("The server that decides."),
  grpc: z
    .strictObject({ allowedHeaders: z.array(z.string()).max(64).optional().describe("Request headers it is shown.") })
    .optional()
    .describe("Only for GRPC."),
  http: z
    .strictObject({
      path: z.string().max(1024).optional().describe("Put before the request's own path."),
      allowedHeaders: z.array(z.string()).max(64).optional().describe("Request headers it is shown."),
      allowedResponseHeaders: z.array(z.string()).max(64).optional().describe("Its response headers that go on to the backend."),
    })
    .optional()
    .describe("Only for HTTP."),
  forwardBody: z
    .strictObject({ maxSize: z.int().min(0).max(65535).optional().describe("Bytes of the body it is shown.") })
    .optional()
    .describe("Whether it is shown the body."),
});

/** Field that carries the settings of each type of filter. */
export const FILTER_FIELDS = {
  RequestHeaderModifier: "requestHeaderModifier",
  ResponseHeaderModifier: "responseHeaderModifier",
  RequestMirror: "requestMirror",
  RequestRedirect: "requestRedirect",
  URLRewrite: "urlRewrite",
  ExtensionRef: "extensionRef",
  CORS: "cors",
  ExternalAuth: "externalAuth",
} as const;

/** HTTPRouteFilter of the Gateway API: a type and the field of that type. */
export const filterSchema = z.strictObject({
  type: z
    .enum([
      "RequestHeaderModifier",
      "ResponseHeaderModifier",
      "RequestMirror",
      "RequestRedirect",
      "URLRewrite",
      "ExtensionRef",
      "CORS",
      "ExternalAuth",
    ])
    .describe("Which filter it is."),
  requestHeaderModifier: headerModifier.optional().describe("Changes headers of the request."),
  responseHeaderModifier: headerModifier.optional().describe("Changes headers of the response."),
  requestMirror: requestMirror.optional().describe("Sends copies elsewhere."),
  requestRedirect: requestRedirect.optional().describe("Sends the client elsewhere."),
  urlRewrite: z
    .strictObject({
      hostname: preciseHostname.optional().describe("New Host."),
      path: pathModifier.optional().describe("New path."),
    })
    .optional()
    .describe("Changes host and path before the request goes on."),
  extensionRef: z
    .strictObject({
      group: z.string().max(253).describe("Group of the object."),
      kind: z.string().min(1).max(63).describe("Kind of the object."),
      name: z.string().min(1).max(253).describe("Name of the object."),
    })
    .optional()
    .describe("A filter an implementation defines."),
  cors: cors.optional().describe("Answers cross-origin questions of browsers."),
  externalAuth: externalAuth.optional().describe("Asks a server whether the request may pass."),
});

export type HTTPRouteFilter = z.output<typeof filterSchema>;
