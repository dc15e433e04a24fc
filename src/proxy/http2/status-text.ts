/** `:status` of every code there is (RFC 9113 8.3.2), made once. */
const TEXTS: readonly string[] = Object.freeze(Array.from({ length: 1_000 }, (_, status) => String(status)));

/** `status` is 100-999. */
export function statusText(status: number): string {
  return TEXTS[status] as string;
}
