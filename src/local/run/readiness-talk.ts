import type { ServedPort } from "./plan.ts";

/** What was last said of a port, or that nothing has been said of it. */
type Known = "starting" | "ready" | "silent";

export interface ReadinessTalkOptions {
  readonly services: readonly ServedPort[];
  /** Path that is asked of a port; null where accepting a connection is enough. */
  readonly pathOf: (appPort: number) => string | null;
  readonly say: (text: string) => void;
}

/** Tells the user once when a port stops taking traffic, and once when it is back. */
export class ReadinessTalk {
  readonly #options: ReadinessTalkOptions;
  readonly #known = new Map<number, Known>();

  constructor(options: ReadinessTalkOptions) {
    this.#options = options;
  }

  /** A port may be another now. One that has never been ready is still starting: that is no news. */
  look(isReady: (appPort: number) => boolean): void {
    for (const appPort of this.#ports()) {
      const known = this.#known.get(appPort) ?? "starting";
      if (isReady(appPort)) {
        if (known === "silent") this.#say(appPort, "answers; traffic comes in");
        this.#known.set(appPort, "ready");
      } else if (known === "ready") this.#silent(appPort);
    }
  }

  /** The time to start is over: what has not been ready by now is told of. */
  overdue(): void {
    for (const appPort of this.#ports()) if (!this.#known.has(appPort)) this.#silent(appPort);
  }

  #silent(appPort: number): void {
    this.#known.set(appPort, "silent");
    this.#say(appPort, "does not answer; no traffic comes in");
  }

  #say(appPort: number, what: string): void {
    const { services, pathOf, say } = this.#options;
    const names = services.filter((service) => service.appPort === appPort).map(({ name, port }) => `${name}:${port}`);
    say(`service ${names.join(", ")}: ${pathOf(appPort) ?? `port ${appPort}`} ${what}`);
  }

  #ports(): readonly number[] {
    return [...new Set(this.#options.services.map(({ appPort }) => appPort))];
  }
}
