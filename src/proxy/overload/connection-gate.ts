/** The doors are opened again when so much room is there: not for each connection that ends. */
const REOPEN = 0.95;

/** What a listener does while no connection more is wanted. */
export interface Door {
  setOpen(open: boolean): void;
}

/**
 * Counts accepted connections over all listeners and shuts their doors at the limit, or when told. Node cannot
 * stop accepting without giving the port back, so a shut door closes what comes at once, before anything is
 * read: a peer proxy goes to another endpoint then, and nothing of it was processed.
 */
export class ConnectionGate {
  readonly #max: number;
  readonly #doors: Door[] = [];
  #full = false;
  #held = false;
  open = 0;

  constructor(maxConnections: number) {
    this.#max = maxConnections;
  }

  get full(): boolean {
    return this.#full;
  }

  get shut(): boolean {
    return this.#full || this.#held;
  }

  add(door: Door): void {
    this.#doors.push(door);
    if (this.shut) door.setOpen(false);
  }

  entered(): void {
    this.open += 1;
    if (this.open >= this.#max) this.#set(true, this.#held);
  }

  left(): void {
    this.open -= 1;
    if (this.#full && this.open <= this.#max * REOPEN) this.#set(false, this.#held);
  }

  /** Shut whatever the number is. */
  hold(held: boolean): void {
    this.#set(this.#full, held);
  }

  #set(full: boolean, held: boolean): void {
    const before = this.shut;
    this.#full = full;
    this.#held = held;
    if (this.shut === before) return;
    for (const door of this.#doors) door.setOpen(before);
  }
}
