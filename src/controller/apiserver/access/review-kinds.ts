import * as z from "zod";
import type { KindDescriptor } from "../../../model/kind.ts";

const anything = z.looseObject({});

/** Questions that are answered and never kept. */
export const REVIEW_KINDS: readonly KindDescriptor[] = Object.freeze(
  [
    ["authentication.k8s.io", "TokenReview", false, "Asks whom a token belongs to."],
    ["authentication.k8s.io", "SelfSubjectReview", false, "Asks who the caller is."],
    ["authorization.k8s.io", "SubjectAccessReview", false, "Asks whether somebody may do something."],
    ["authorization.k8s.io", "SelfSubjectAccessReview", false, "Asks whether the caller may do something."],
    ["authorization.k8s.io", "LocalSubjectAccessReview", true, "Asks whether somebody may do something in one namespace."],
    ["authorization.k8s.io", "SelfSubjectRulesReview", false, "Asks what the caller may do in a namespace."],
  ].map(([group, kind, namespaced, description]) =>
    Object.freeze({
      group: String(group),
      version: "v1",
      kind: String(kind),
      plural: `${String(kind).toLowerCase()}s`,
      singular: String(kind).toLowerCase(),
      namespaced: namespaced === true,
      schema: anything,
      status: false,
      verbs: ["create"],
      description: String(description),
    }),
  ),
);
