/** One decision on services of 0, 1, 10 and 1,000 routes, and with a fault. */
import { decideBackend, decideRoute, OutboundDecision } from "../../src/decide/decision.ts";
import { compileOutbound } from "../../src/decide/outbound.ts";
import { seededRandom } from "../../src/lib/random.ts";
import { MatchKind } from "../../src/messages/gen/meshctl/discovery/v1/discovery.ts";
import { requestView } from "../support/request-view.ts";
import { backend, fault, outbound, route } from "../unit/decide/messages.ts";
import { micro } from "./micro.ts";

const random = seededRandom(1);
const decision = new OutboundDecision();
const views = Array.from({ length: 64 }, (_, index) => requestView(`/svc/${index % 10}/items/${index}`));

for (const count of [0, 1, 10, 1_000]) {
  for (const policies of [[], [fault([{ abort: { httpStatus: 503, basisPoints: 3_000 } }])]]) {
    const routes = Array.from({ length: count }, (_, index) =>
      route({
        ruleIndex: index,
        matches: [{ path: { kind: MatchKind.PREFIX, value: count === 1 ? "/svc" : `/svc/${index}` }, headers: [], query: [], method: "" }],
        backends: [backend("v1", 90), backend("v2", 10)],
      }),
    );
    const stack = compileOutbound("default/api:80", outbound({ routes, policies }));
    micro(`decide: ${count} routes${policies.length > 0 ? ", a fault" : ""}`, (index) => {
      const view = views[index & 63] as (typeof views)[number];
      decideRoute(decision, stack, view, random, 0);
      decideBackend(decision, view, random, 0);
      return decision.backend;
    });
  }
}
