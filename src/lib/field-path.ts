/** `spec.rules[0].matches[1]`, `metadata.labels[a.b/c]` → its steps. What stands in brackets is a number or a key as it is. */
export function parseFieldPath(path: string): (string | number)[] {
  return [...path.matchAll(/\[([^\]]*)\]|([^.[\]]+)/g)].map(([, bracketed, word]) => {
    if (bracketed === undefined) return word ?? "";
    const text = bracketed.replace(/^(["'])(.*)\1$/, "$2");
    return /^\d+$/.test(text) ? Number(text) : text;
  });
}
