import { Chalk } from "chalk";

/** Told apart at a glance on dark and light grounds; red is kept for errors. */
const COLOURS = ["cyan", "green", "magenta", "yellow", "blue"] as const;

/** `api1 | `, always in the same colour for the same name. */
export function namePrefix(name: string, coloured: boolean): string {
  let sum = 0;
  for (const char of name) sum = (sum * 31 + char.charCodeAt(0)) >>> 0;
  const colour = COLOURS[sum % COLOURS.length] ?? "cyan";
  return `${new Chalk({ level: coloured ? 1 : 0 })[colour](`${name} |`)} `;
}
