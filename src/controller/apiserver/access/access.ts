import type { IncomingMessage } from "node:http";
import type { SecretStore } from "../../../ca/contract.ts";
import type { Clock } from "../../../lib/clock.ts";
import type { KubeObject } from "../../../model/object.ts";
import type { Caller } from "../../http.ts";
import type { ResourcePlace } from "../request.ts";
import type { Store } from "../store/contract.ts";
import { openAccountTokens } from "./account-tokens.ts";
import { authenticate, impersonated } from "./authenticate.ts";
import { attributesOf, requireAllowed, requireImpersonation } from "./authorize.ts";
import { REVIEW_KINDS } from "./review-kinds.ts";
import { answerReview } from "./reviews.ts";
import type { Attributes, Subject } from "./subject.ts";
import { answerTokenRequest } from "./token-request.ts";

/** Who may do what: authentication, authorization, and the questions the API answers about both. */
export interface Access {
  /** Who the request counts as. Throws 401 when nobody known sent it, 403 when he may not be taken for whom he names. */
  subjectOf(request: IncomingMessage, caller: Caller): Promise<Subject>;
  /** Throws 403 where the stored roles do not allow it. `resource` is null for paths that name none. */
  require(subject: Subject, method: string, path: string, resource: ResourcePlace | null): void;
  /** As {@link require}, for paths of which somebody else knows the kinds. */
  requireAttributes(subject: Subject, attributes: Attributes): void;
  /** The answer to a review or a request for a token; null for every other resource. */
  review(subject: Subject, method: string, resource: ResourcePlace, body: () => Promise<unknown>): Promise<KubeObject> | null;
}

export async function createAccess(options: {
  readonly store: Store;
  readonly secrets: SecretStore;
  readonly clock: Clock;
}): Promise<Access> {
  const { store, clock } = options;
  const tokens = await openAccountTokens(options.secrets, store, clock);
  return {
    async subjectOf(request, caller) {
      const subject = await authenticate(request, caller, tokens);
      const other = impersonated(request);
      if (other === null) return subject;
      requireImpersonation(store, subject, other);
      return other;
    },
    require(subject, method, path, resource) {
      requireAllowed(store, subject, attributesOf(method, path, resource));
    },
    requireAttributes: (subject, attributes) => requireAllowed(store, subject, attributes),
    review(subject, method, { kind, namespace, name, subresource }, body) {
      if (method !== "POST") return null;
      if (subresource === "token" && kind.group === "" && kind.kind === "ServiceAccount") {
        return body().then((given) => answerTokenRequest({ store, tokens, clock }, namespace ?? "", name ?? "", given));
      }
      if (!REVIEW_KINDS.includes(kind) || name !== undefined) return null;
      return body().then((given) =>
        answerReview({ store, tokens, subject, ...(namespace === undefined ? {} : { namespace }) }, kind.kind, given),
      );
    },
  };
}
