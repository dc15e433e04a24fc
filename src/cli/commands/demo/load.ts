import { Agent, get } from "node:http";
import type { Clock } from "../../../lib/clock.ts";

/** What one request brought. */
export interface Answer {
  /** 0: none. */
  readonly status: number;
  readonly body: string;
  readonly durationMs: number;
}

export interface LoadOptions {
  readonly port: number;
  readonly path: string;
  readonly requests: number;
  /** Requests under way at any time. */
  readonly concurrency: number;
  readonly clock: Clock;
}

/** GETs over keep-alive connections, as many at a time as said; resolves with every answer, in no order. */
export async function generateLoad({ port, path, requests, concurrency, clock }: LoadOptions): Promise<readonly Answer[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency });
  const answers: Answer[] = [];
  let left = requests;
  const worker = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      answers.push(await request(agent, port, path, clock));
    }
  };
  try {
    await Promise.all(Array.from({ length: concurrency }, worker));
  } finally {
    agent.destroy();
  }
  return answers;
}

/** One GET on a connection of its own; status 0 when there was no answer. */
export function ask(port: number, path: string, clock: Clock): Promise<Answer> {
  return request(new Agent(), port, path, clock);
}

function request(agent: Agent, port: number, path: string, clock: Clock): Promise<Answer> {
  const started = clock.monotonicMs();
  return new Promise((resolve) => {
    const done = (status: number, body: string): void => resolve({ status, body, durationMs: clock.monotonicMs() - started });
    const call = get({ host: "127.0.0.1", port, path, agent, timeout: 10_000 }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (text: string) => {
        body += text;
      });
      response.on("end", () => done(response.statusCode ?? 0, body));
      response.on("error", () => done(0, body));
    });
    call.on("timeout", () => call.destroy());
    call.on("error", () => done(0, ""));
  });
}
