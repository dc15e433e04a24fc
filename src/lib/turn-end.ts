/** Something to be done once everything this event-loop turn brought has been handled. */
export interface TurnEnd {
  onTurnEnd(): void;
}

let waiting: TurnEnd[] = [];
let running: TurnEnd[] = [];

/** Calls `task.onTurnEnd()` after the poll under way, before the next. */
export function atTurnEnd(task: TurnEnd): void {
  // One immediate for all of them.
  if (waiting.length === 0) setImmediate(run);
  waiting.push(task);
}

function run(): void {
  const tasks = waiting;
  waiting = running;
  running = tasks;
  for (const task of tasks) task.onTurnEnd();
  tasks.length = 0;
}
