import { badRequest } from "./status.ts";

/** Where the next page of a list starts. Opaque to clients. */
export interface ContinueToken {
  /** State that all pages show; null: whatever is there by then, for a client that was told so. */
  readonly revision: number | null;
  /** Key of the last object that was shown. */
  readonly after: string;
}

export function formatContinueToken({ revision, after }: ContinueToken): string {
  return Buffer.from(JSON.stringify({ rv: revision ?? -1, after })).toString("base64url");
}

/** Throws 400 when it was not made here. */
export function parseContinueToken(text: string): ContinueToken {
  try {
    const { rv, after } = JSON.parse(Buffer.from(text, "base64url").toString()) as { rv: unknown; after: unknown };
    if (Number.isSafeInteger(rv) && (rv as number) >= -1 && typeof after === "string" && after.length <= 1024)
      return { revision: rv === -1 ? null : (rv as number), after };
  } catch {
    // Said below.
  }
  throw badRequest("continue key is not valid: it is not a token of this server");
}
