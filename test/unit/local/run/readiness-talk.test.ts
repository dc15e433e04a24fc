import assert from "node:assert/strict";
import { test } from "node:test";
import { ReadinessTalk } from "../../../../src/local/run/readiness-talk.ts";

const http = (name: string, port: number, appPort: number) => ({ name, port, appPort, protocol: "http" as const });

function talk() {
  const said: string[] = [];
  const made = new ReadinessTalk({
    services: [http("api", 80, 8001), http("api", 81, 8001), http("raw", 9, 8002)],
    pathOf: (appPort) => (appPort === 8001 ? "/healthz" : null),
    say: (text) => said.push(text),
  });
  return { said, made };
}

test("says once that a port does not answer, and once that it is back", () => {
  const { said, made } = talk();
  made.look(() => false);
  made.look(() => true);
  made.overdue();
  assert.deepEqual(said, [], "a start is no news");
  const half = (appPort: number): boolean => appPort === 8002;
  made.look(half);
  made.look(half);
  made.look(() => true);
  made.look(() => true);
  assert.deepEqual(said, [
    "service api:80, api:81: /healthz does not answer; no traffic comes in",
    "service api:80, api:81: /healthz answers; traffic comes in",
  ]);
});

test("tells of a port that has never answered when the time to start is over", () => {
  const { said, made } = talk();
  made.look((appPort) => appPort === 8001);
  made.overdue();
  made.overdue();
  made.look(() => true);
  assert.deepEqual(said, [
    "service raw:9: port 8002 does not answer; no traffic comes in",
    "service raw:9: port 8002 answers; traffic comes in",
  ]);
});
