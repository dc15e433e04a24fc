/** Query parameters as forms write them (WHATWG URL 5.1): pairs split at `&` only, `+` is a space. */

/**
 * First value of the parameter `name` (decoded) in a query without its question mark; undefined when absent.
 * Encodings that cannot be read stay as they are: the query is forwarded verbatim whatever rules see.
 */
export function queryValue(query: string, name: string): string | undefined {
  let from = 0;
  while (from < query.length) {
    const ampersand = query.indexOf("&", from);
    const end = ampersand === -1 ? query.length : ampersand;
    const equals = query.indexOf("=", from);
    const nameEnd = equals === -1 || equals > end ? end : equals;
    if (isName(query, from, nameEnd, name)) return nameEnd === end ? "" : decode(query.slice(nameEnd + 1, end));
    from = end + 1;
  }
  return undefined;
}

function isName(query: string, from: number, end: number, name: string): boolean {
  if (end - from === name.length && query.startsWith(name, from) && !needsDecoding(name)) return true;
  // Every encoding is longer than what it stands for, or `+`.
  if (end - from < name.length) return false;
  const raw = query.slice(from, end);
  return needsDecoding(raw) && decode(raw) === name;
}

function needsDecoding(text: string): boolean {
  return text.includes("%") || text.includes("+");
}

function decode(text: string): string {
  if (!needsDecoding(text)) return text;
  const spaced = text.replaceAll("+", " ");
  try {
    return decodeURIComponent(spaced);
  } catch {
    return spaced;
  }
}
