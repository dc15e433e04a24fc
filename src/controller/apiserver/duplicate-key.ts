/** A string, a structural character, or the run between them. */
const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^"{}[\],:]+/g;

/**
 * The first key that stands twice in one object of `json`, or null. JSON.parse keeps the last silently, which is
 * rarely the one that was meant. `json` must be valid JSON.
 */
export function duplicateKey(json: string): string | null {
  /** Keys of each open object; null for an open list. */
  const open: (Set<string> | null)[] = [];
  let expectsKey = false;
  for (const [token] of json.matchAll(TOKEN)) {
    switch (token) {
      case "{":
        open.push(new Set());
        expectsKey = true;
        break;
      case "[":
        open.push(null);
        expectsKey = false;
        break;
      case "}":
      case "]":
        open.pop();
        expectsKey = false;
        break;
      case ",":
        expectsKey = open.at(-1) !== null;
        break;
      case ":":
        expectsKey = false;
        break;
      default:
        if (expectsKey && token.startsWith('"')) {
          // Escapes are another spelling of the same key.
          const key = JSON.parse(token) as string;
          const keys = open.at(-1);
          if (keys?.has(key)) return key;
          keys?.add(key);
        }
    }
  }
  return null;
}
