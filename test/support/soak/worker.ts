import type { Tally } from "./tally.ts";

/** One client of one kind: what it does in a turn, and how it lets go of its connection. */
export interface Client {
  /** `cancelled`: it ended the exchange itself. Throws when anything is not as it should be. */
  turn(index: number): Promise<"done" | "cancelled">;
  close(): void;
}

export interface Load {
  readonly kind: string;
  readonly workers: number;
  /** Between two turns of one worker. */
  readonly pauseMs: number;
  /** Turns on one connection. */
  readonly turnsPerConnection: number;
  connect(): Promise<Client>;
}

/** Runs every worker of a load while `goesOn`; nothing that goes wrong ends it. */
export async function drive(load: Load, tally: Tally, goesOn: () => boolean): Promise<void> {
  const count = tally.of(load.kind);

  async function worker(_: unknown, at: number): Promise<void> {
    // Their reconnects do not fall together.
    let turn = Math.floor((at * load.turnsPerConnection) / load.workers);
    while (goesOn()) {
      let client: Client | undefined;
      try {
        client = await load.connect();
        count.connections += 1;
        do {
          count[await client.turn(turn)] += 1;
          turn += 1;
          await new Promise((resolve) => setTimeout(resolve, load.pauseMs));
        } while (goesOn() && turn % load.turnsPerConnection !== 0);
      } catch (error) {
        tally.failed(load.kind, error);
        turn += 1;
        await new Promise((resolve) => setTimeout(resolve, load.pauseMs));
      } finally {
        client?.close();
      }
    }
  }
  await Promise.all(Array.from({ length: load.workers }, worker));
}
