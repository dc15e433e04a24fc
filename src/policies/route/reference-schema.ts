import * as z from "zod";
import { dnsLabel, portNumber } from "../../model/names.ts";

/** BackendObjectReference of the Gateway API. */
export const backendReferenceFields = {
  group: z.string().max(253).default("").describe('"" for a Service.'),
  kind: z.string().min(1).max(63).default("Service").describe("Service."),
  name: z.string().min(1).max(253).describe("Name of the backend."),
  namespace: dnsLabel.optional().describe("The route's own when absent."),
  port: portNumber.optional().describe("Port of the Service; required for one."),
};
