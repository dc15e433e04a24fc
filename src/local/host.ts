import type { HomeLayout } from "../home/layout.ts";
import type { Clock } from "../lib/clock.ts";
import type { Random } from "../lib/random.ts";

/** What the local platform takes from the process and machine it runs on. */
export interface Host {
  readonly layout: HomeLayout;
  /** Handed on to what is started. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Absent where the system has no users. */
  readonly uid: number | undefined;
  readonly pid: number;
  /** Node's own path. */
  readonly nodePath: string;
  readonly clock: Clock;
  readonly random: Random;
}
