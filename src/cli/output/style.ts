import { Chalk, type ChalkInstance } from "chalk";

/** Colours by their meaning, so that the same thing looks the same in every command. */
export interface Style {
  good(text: string): string;
  warn(text: string): string;
  bad(text: string): string;
  /** Less important. */
  dim(text: string): string;
  strong(text: string): string;
  accent(text: string): string;
}

/** With `enabled` false every function returns its text unchanged. */
export function createStyle(enabled: boolean): Style {
  const chalk: ChalkInstance = new Chalk({ level: enabled ? 1 : 0 });
  return {
    good: (text) => chalk.green(text),
    warn: (text) => chalk.yellow(text),
    bad: (text) => chalk.red(text),
    dim: (text) => chalk.dim(text),
    strong: (text) => chalk.bold(text),
    accent: (text) => chalk.cyan(text),
  };
}
