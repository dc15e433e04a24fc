import { EXIT } from "../lib/errors.ts";
import type { EndSignal, Invocation } from "./invocation.ts";

/**
 * Who answers Ctrl-C. Until a command takes over, an end signal cuts it short with exit code 130;
 * after that the command ends by itself. A second SIGINT always cuts short.
 */
export class Interrupts {
  /** Resolves with the exit code when the run is cut short. */
  readonly cutShort: Promise<number>;
  #handler: ((signal: EndSignal) => void) | null = null;
  #repeatCuts = true;
  #seen = 0;
  readonly #stop: () => void;

  constructor(onSignal: Invocation["onSignal"]) {
    let cut: (code: number) => void = () => {};
    this.cutShort = new Promise((resolve) => {
      cut = resolve;
    });
    this.#stop = onSignal((signal) => {
      this.#seen += 1;
      if (this.#handler === null || (this.#repeatCuts && this.#seen > 1 && signal === "SIGINT")) cut(EXIT.INTERRUPTED);
      else this.#handler(signal);
    });
  }

  /** The command ends cleanly when the returned signal aborts: `tap`, `-w`, `--wait`. */
  takeOver(): AbortSignal {
    const controller = new AbortController();
    this.#handler = () => controller.abort();
    return controller.signal;
  }

  /** Every end signal goes to `handler`, however often it comes: `run` forwards them to what it runs. Returns a function that gives them back. */
  forwardTo(handler: (signal: EndSignal) => void): () => void {
    this.#handler = handler;
    this.#repeatCuts = false;
    return () => {
      this.#handler = null;
      this.#repeatCuts = true;
    };
  }

  close(): void {
    this.#stop();
  }
}
