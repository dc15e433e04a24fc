/**
 * Questions to the person at the terminal. Where there is none (scripts, pipes) a command has no prompt at all
 * and must do without. Every answer is null when the person gave up: Ctrl-C, or the end of input.
 */
export interface Prompt {
  /** Yes or no; no when nothing is said. */
  confirm(message: string): Promise<boolean | null>;
  /** A whole number from 0 to `max`; `preset` when nothing is said, an answer is required without one. */
  wholeNumber(message: string, limits: { readonly max: number; readonly preset?: number }): Promise<number | null>;
}
