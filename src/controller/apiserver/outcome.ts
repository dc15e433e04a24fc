import type { Status } from "../failure-status.ts";
import type { Stored } from "./store/contract.ts";

/** What a verb came to, before it is written in the form the client asked for. Refusals are thrown HttpErrors. */
export type Outcome =
  | { readonly type: "object"; readonly code: 200 | 201; readonly stored: Stored; readonly warnings: readonly string[] }
  | {
      readonly type: "list";
      readonly items: readonly Stored[];
      readonly revision: number;
      /** Where the next page starts; absent on the last. */
      readonly next?: { readonly token: string; readonly remaining: number | undefined };
    }
  | { readonly type: "status"; readonly status: Status };
