import type { Clock } from "../../lib/clock.ts";

/** Begins something that calls back when it is over; `done` is called once, then or after `limitMs`. */
export function onceWithin(clock: Clock, limitMs: number, done: () => void, begin: (finished: () => void) => void): void {
  let over = false;
  const finish = (): void => {
    if (over) return;
    over = true;
    limit.cancel();
    done();
  };
  const limit = clock.setTimer(finish, limitMs);
  begin(finish);
}
