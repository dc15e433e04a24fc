import { confirm, number } from "@inquirer/prompts";
import type { Prompt } from "./contract.ts";

export interface Ends {
  readonly input: NodeJS.ReadableStream;
  /** stderr: what a command prints stays data. */
  readonly output: NodeJS.WritableStream;
}

/** Asks with Inquirer. Both ends must be terminals: a question that nobody sees or can answer would hang a script. */
export function terminalPrompt(ends: Ends): Prompt {
  return {
    confirm: (message) => unlessGivenUp(confirm({ message, default: false }, ends)),
    wholeNumber: (message, { max, preset }) =>
      unlessGivenUp(number({ message, min: 0, max, step: 1, required: true, ...(preset === undefined ? {} : { default: preset }) }, ends)),
  };
}

/** Inquirer rejects with this name when Ctrl-C or the end of input closes a question. */
async function unlessGivenUp<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof Error && error.name === "ExitPromptError") return null;
    throw error;
  }
}
