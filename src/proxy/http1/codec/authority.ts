/** `uri-host [ ":" port ]` (RFC 3986 3.2) without user information. */
const NAME = /^(?:[a-z0-9._~!$&'()*+,=-]|%[0-9a-f]{2})+$/;
const IP_LITERAL = /^\[[0-9a-f:.]+\]$/;
const PORT = /^[0-9]{1,5}$/;

export interface Authority {
  /** Lower case; an IPv6 address in brackets. */
  readonly host: string;
  /** 0: none given. */
  readonly port: number;
  /** `host` or `host:port`. */
  readonly text: string;
}

/** Reads a Host value or the authority of a target; null when it is neither. `;` is refused: servers differ about it. */
export function parseAuthority(raw: string): Authority | null {
  const text = raw.toLowerCase();
  const bracket = text.startsWith("[") ? text.indexOf("]") : -1;
  const colon = text.indexOf(":", bracket + 1);
  const host = colon === -1 ? text : text.slice(0, colon);
  if (!(bracket >= 0 ? IP_LITERAL : NAME).test(host)) return null;
  if (colon === -1) return { host, port: 0, text };
  const digits = text.slice(colon + 1);
  if (digits === "") return { host, port: 0, text: host };
  const port = Number(digits);
  if (!PORT.test(digits) || port < 1 || port > 65_535) return null;
  return { host, port, text: `${host}:${port}` };
}
