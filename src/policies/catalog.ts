/** How each policy kind becomes part of a message, in the order in which their filters run (design section 4). */
import type { KubeObject } from "../model/object.ts";
import { translateFault } from "./fault/translate.ts";

export interface PolicyTranslation {
  /** Name of the folder and id on the wire. */
  readonly id: string;
  readonly kind: string;
  readonly group: string;
  readonly plural: string;
  /** Encoded config of one object that passed its schema. */
  translate(object: KubeObject): Uint8Array;
}

export const CATALOG: readonly PolicyTranslation[] = Object.freeze([
  { id: "fault", kind: "FaultInjection", group: "meshctl.dev", plural: "faultinjections", translate: translateFault },
]);
