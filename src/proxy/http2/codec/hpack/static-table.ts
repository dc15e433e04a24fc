/** RFC 7541 appendix A. Index 0 is not used. */
const TABLE: readonly string[] = [
  "",
  ":authority",
  ":method GET",
  ":method POST",
  ":path /",
  ":path /index.html",
  ":scheme http",
  ":scheme https",
  ":status 200",
  ":status 204",
  ":status 206",
  ":status 304",
  ":status 400",
  ":status 404",
  ":status 500",
  "accept-charset",
  "accept-encoding gzip, deflate",
  "accept-language",
  "accept-ranges",
  "accept",
  "access-control-allow-origin",
  "age",
  "allow",
  "authorization",
  "cache-control",
  "content-disposition",
  "content-encoding",
  "content-language",
  "content-length",
  "content-location",
  "content-range",
  "content-type",
  "cookie",
  "date",
  "etag",
  "expect",
  "expires",
  "from",
  "host",
  "if-match",
  "if-modified-since",
  "if-none-match",
  "if-range",
  "if-unmodified-since",
  "last-modified",
  "link",
  "location",
  "max-forwards",
  "proxy-authenticate",
  "proxy-authorization",
  "range",
  "referer",
  "refresh",
  "retry-after",
  "server",
  "set-cookie",
  "strict-transport-security",
  "transfer-encoding",
  "user-agent",
  "vary",
  "via",
  "www-authenticate",
];

function split(line: string, name: boolean): string {
  const space = line.indexOf(" ");
  if (space === -1) return name ? line : "";
  return name ? line.slice(0, space) : line.slice(space + 1);
}

export const STATIC_NAMES: readonly string[] = TABLE.map((line) => split(line, true));
export const STATIC_VALUES: readonly string[] = TABLE.map((line) => split(line, false));
/** Entries of the static table; the dynamic table begins behind them. */
export const STATIC_COUNT = TABLE.length - 1;
/** What the tables count for an entry beside its text (RFC 7541 4.1). */
export const ENTRY_OVERHEAD = 32;
