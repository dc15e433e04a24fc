import { randomUUID } from "node:crypto";

/** A random (version 4) UUID, lower case. */
export const randomUuid = (): string => randomUUID();
