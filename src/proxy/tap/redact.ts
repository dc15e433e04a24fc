/** Written instead of a value that must not leave the proxy. */
export const REDACTED = "[redacted]";

const SENSITIVE: ReadonlySet<string> = new Set([
  "authorization",
  "proxy-authorization",
  "authentication",
  "authentication-info",
  "proxy-authentication-info",
  "www-authenticate",
  "proxy-authenticate",
  "cookie",
  "cookie2",
  "set-cookie",
  "set-cookie2",
  "x-api-key",
  "api-key",
  "apikey",
  "x-csrf",
  "x-amz-signature",
  "x-forwarded-client-cert",
]);
const SENSITIVE_PART = /token|secret|passw|credential|session|signature|api-?key|private|jwt|csrf|xsrf|auth/;

/** `name` in lower case. Rather one header too many than one secret. */
export function isSensitive(name: string): boolean {
  return SENSITIVE.has(name) || SENSITIVE_PART.test(name.replaceAll("_", "-"));
}
