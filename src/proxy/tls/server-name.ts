import { isIPv4 } from "node:net";

const NAME_TYPE_HOST = 0;
const MAX_NAME_BYTES = 253;
const LABEL = /^[a-z0-9_]([-a-z0-9_]{0,61}[a-z0-9_])?$/;

/**
 * The one host name of a server_name extension (RFC 6066 3), in lower case. Null for anything else: no name or
 * more than one, another type, lengths that contradict each other, an address, or what cannot be a DNS name.
 */
export function readServerName(extension: Buffer): string | null {
  // list length 2, name type 1, name length 2
  if (extension.length < 5 || extension.readUInt16BE(0) !== extension.length - 2) return null;
  if (extension[2] !== NAME_TYPE_HOST || extension.readUInt16BE(3) !== extension.length - 5) return null;
  if (extension.length - 5 > MAX_NAME_BYTES) return null;
  const name = extension.toString("latin1", 5).toLowerCase();
  return isIPv4(name) || !name.split(".").every((label) => LABEL.test(label)) ? null : name;
}
