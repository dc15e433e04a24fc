import { hashName } from "../names.ts";
import { STATIC_COUNT, STATIC_NAMES, STATIC_VALUES } from "./static-table.ts";

/** Values of one name that are looked for in the dynamic table. */
const WAYS = 4;
/** Inserts a name may waste on values that did not come again, before only repeats are inserted. */
const MAX_CREDIT = 8;
const FIRST_CREDIT = 4;
/** Names beyond this many are sent without being remembered. */
const MAX_NAMES = 128;
const SLOTS = 256;
/** Nor are names longer than this. */
const MAX_NAME_BYTES = 64;

/** Repeating a secret must not tell an eavesdropper that a guess was right (RFC 7541 7.1.3). */
const SECRETS = new Set(["authorization", "proxy-authorization", "cookie", "set-cookie"]);

/** What an encoder knows about one name: its static entries, and the last values with their places in the dynamic table. */
export class RememberedName {
  readonly text: string;
  readonly secret: boolean;
  /** Index of the name in the static table; 0: none. */
  readonly staticIndex: number;
  /** Static entries of this name with a value stand from `staticIndex` on, as many as these. */
  readonly staticValues: number;
  readonly values: string[] = ["", "", "", ""];
  /** Number of the insertion (from 1) that put each value into the dynamic table. */
  readonly places: number[] = [0, 0, 0, 0];
  credit = FIRST_CREDIT;
  /** Hash of the last value that was not inserted. */
  lastHash = 0;
  #turn = 0;

  constructor(text: string) {
    this.text = text;
    this.secret = SECRETS.has(text);
    this.staticIndex = Math.max(0, STATIC_NAMES.indexOf(text, 1));
    let count = 0;
    while (this.staticIndex + count <= STATIC_COUNT && STATIC_NAMES[this.staticIndex + count] === text) count += 1;
    this.staticValues = this.staticIndex === 0 || STATIC_VALUES[this.staticIndex] === "" ? 0 : count;
  }

  remember(value: string, place: number): void {
    const way = this.#turn;
    this.#turn = (way + 1) % WAYS;
    this.values[way] = value;
    this.places[way] = place;
  }

  /** Insertion number of an entry with this name that is newer than `oldest`; 0: none. */
  newerThan(oldest: number): number {
    let newest = 0;
    for (let way = 0; way < WAYS; way += 1) if ((this.places[way] as number) > newest) newest = this.places[way] as number;
    return newest > oldest ? newest : 0;
  }

  hit(): void {
    if (this.credit < MAX_CREDIT) this.credit += 1;
  }
}

/** The names an encoder has met, by text and by bytes. */
export class RememberedNames {
  readonly #byText = new Map<string, RememberedName>();
  readonly #slots: (RememberedName | null)[] = Array.from({ length: SLOTS }, () => null);

  /** null: too many names already. `text` is in lower case. */
  ofText(text: string): RememberedName | null {
    return this.#byText.get(text) ?? this.#add(text);
  }

  /** As {@link ofText}, of bytes in any case. */
  ofBytes(bytes: Buffer, start: number, end: number): RememberedName | null {
    let slot = hashName(bytes, start, end) & (SLOTS - 1);
    for (let known = this.#slots[slot]; known; known = this.#slots[slot]) {
      if (sameIgnoringCase(known.text, bytes, start, end)) return known;
      slot = (slot + 1) & (SLOTS - 1);
    }
    return this.#add(bytes.toString("latin1", start, end).toLowerCase());
  }

  #add(text: string): RememberedName | null {
    if (this.#byText.size >= MAX_NAMES || text === "" || text.length > MAX_NAME_BYTES) return null;
    const name = new RememberedName(text);
    this.#byText.set(text, name);
    const bytes = Buffer.from(text, "latin1");
    let slot = hashName(bytes, 0, bytes.length) & (SLOTS - 1);
    while (this.#slots[slot] !== null) slot = (slot + 1) & (SLOTS - 1);
    this.#slots[slot] = name;
    return name;
  }
}

function sameIgnoringCase(lower: string, bytes: Uint8Array, start: number, end: number): boolean {
  if (lower.length !== end - start) return false;
  for (let index = 0; index < lower.length; index += 1) {
    const code = bytes[start + index] as number;
    const wanted = lower.charCodeAt(index);
    if (code !== wanted && (code < 0x41 || code > 0x5a || (code | 0x20) !== wanted)) return false;
  }
  return true;
}
