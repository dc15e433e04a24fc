import { labelKeyProblem } from "../../model/names.ts";
import { badRequest } from "./status.ts";

type Labels = Readonly<Record<string, string>>;
export type LabelTerm = (labels: Labels) => boolean;

const TOKEN = /\s*(?:(notin|in)(?=[\s(])|(==|!=|=|>|<|!|,|\(|\))|([^\s!=<>,()]+))/y;
const VALUE = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;

/**
 * Terms of a label selector: `a=b`, `a==b`, `a!=b`, `a in (b,c)`, `a notin (b)`, `a`, `!a`, `a>1`, `a<2`
 * (https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/). Throws 400 for anything else.
 */
export function parseLabelTerms(text: string): readonly LabelTerm[] {
  const tokens = tokensOf(text);
  const terms: LabelTerm[] = [];
  let at = 0;
  const next = (): string => tokens[at++] ?? "";
  const problem = (why: string): Error => badRequest(`unable to parse requirement: ${why} in the label selector "${text}"`);

  /** A word, or nothing at all: `a=` and `in (,b)` mean the empty value. */
  function value(key: string): string {
    const token = tokens[at];
    const text = token === undefined || PUNCTUATION.has(token) ? "" : next();
    if (!VALUE.test(text)) throw problem(`values[0][${key}]: Invalid value: "${text}"`);
    return text;
  }

  function list(key: string): ReadonlySet<string> {
    if (next() !== "(") throw problem("found no '(' after in or notin");
    const values = new Set<string>();
    do values.add(value(key));
    while (tokens[at] === "," && next());
    if (next() !== ")") throw problem("found no ')'");
    return values;
  }

  function term(): LabelTerm {
    const negated = tokens[at] === "!" && next() === "!";
    const key = next();
    const wrong = PUNCTUATION.has(key) || key === "" ? "found no label" : keyProblem(key);
    if (wrong !== null) throw problem(wrong);
    const operator = tokens[at] ?? ",";
    if (operator === ",") return negated ? (labels) => !Object.hasOwn(labels, key) : (labels) => Object.hasOwn(labels, key);
    if (negated) throw problem(`found "${operator}" after "!${key}"`);
    next();
    switch (operator) {
      case "=":
      case "==":
        return anyOf(key, new Set([value(key)]));
      case "!=":
        return not(anyOf(key, new Set([value(key)])));
      case IN:
        return anyOf(key, list(key));
      case NOT_IN:
        return not(anyOf(key, list(key)));
      case ">":
      case "<": {
        const bound = value(key);
        if (!/^-?\d+$/.test(bound)) throw problem(`values[0][${key}]: Invalid value: "${bound}": for '>' and '<' it must be an integer`);
        const limit = Number(bound);
        return (labels) => {
          if (!Object.hasOwn(labels, key) || !/^-?\d+$/.test(labels[key] as string)) return false;
          return operator === ">" ? Number(labels[key]) > limit : Number(labels[key]) < limit;
        };
      }
      default:
        throw problem(`found "${operator}" after "${key}"`);
    }
  }

  while (at < tokens.length) {
    terms.push(term());
    if (at < tokens.length && (next() !== "," || at === tokens.length)) throw problem(`found "${tokens[at - 1]}" after a requirement`);
  }
  return terms;
}

/** With a space in front, which no word has: labels and values may be called so too. */
const IN = " in";
const NOT_IN = " notin";
const PUNCTUATION = new Set(["=", "==", "!=", ">", "<", "!", ",", "(", ")", IN, NOT_IN]);

function tokensOf(text: string): readonly string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  const end = text.trimEnd().length;
  while (TOKEN.lastIndex < end) {
    const match = TOKEN.exec(text);
    // Everything but white space is a token, so this is the end.
    if (match === null) break;
    tokens.push(match[1] === undefined ? (match[2] ?? (match[3] as string)) : ` ${match[1]}`);
  }
  return tokens;
}

/** As in Kubernetes, an absent label is in no set. */
function anyOf(key: string, values: ReadonlySet<string>): LabelTerm {
  return (labels) => Object.hasOwn(labels, key) && values.has(labels[key] as string);
}

function not(term: LabelTerm): LabelTerm {
  return (labels) => !term(labels);
}

function keyProblem(key: string): string | null {
  const problem = labelKeyProblem(key);
  return problem === null ? null : `key: Invalid value: "${key}": ${problem}`;
}
