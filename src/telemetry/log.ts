/**
 * The log of every process: one line an event, JSON or text. Our own because the proxy starts beside
 * every workload: a general logger costs it 17 ms and 8 MB (test/bench/micro-log.ts).
 */
import type { Clock } from "../lib/clock.ts";

export const LOG_LEVELS = ["trace", "debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Values beside the message. Never secrets: nothing is redacted here. */
export type LogFields = Readonly<Record<string, unknown>>;

export interface Logger {
  trace(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A logger that adds `fields` to every line and follows this one's level. */
  child(fields: LogFields): Logger;
}

export interface RootLogger extends Logger {
  setLevel(level: LogLevel): void;
  readonly level: LogLevel;
}

export interface LogOptions {
  readonly level: LogLevel;
  readonly format: "json" | "text";
  readonly clock: Clock;
  /** Takes one line with its line feed: `process.stderr.write`, a file. */
  readonly write: (line: string) => void;
}

export function parseLogLevel(text: string): LogLevel | null {
  return LOG_LEVELS.find((level) => level === text) ?? null;
}

export function createLogger(options: LogOptions): RootLogger {
  return new LineLogger(options, { threshold: LOG_LEVELS.indexOf(options.level) }, {});
}

class LineLogger implements RootLogger {
  readonly #options: LogOptions;
  /** Shared with every child. */
  readonly #shared: { threshold: number };
  readonly #fields: LogFields;

  constructor(options: LogOptions, shared: { threshold: number }, fields: LogFields) {
    this.#options = options;
    this.#shared = shared;
    this.#fields = fields;
  }

  trace(message: string, fields?: LogFields): void {
    this.#log(0, message, fields);
  }

  debug(message: string, fields?: LogFields): void {
    this.#log(1, message, fields);
  }

  info(message: string, fields?: LogFields): void {
    this.#log(2, message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    this.#log(3, message, fields);
  }

  error(message: string, fields?: LogFields): void {
    this.#log(4, message, fields);
  }

  child(fields: LogFields): Logger {
    return new LineLogger(this.#options, this.#shared, { ...this.#fields, ...fields });
  }

  setLevel(level: LogLevel): void {
    this.#shared.threshold = LOG_LEVELS.indexOf(level);
  }

  get level(): LogLevel {
    return LOG_LEVELS[this.#shared.threshold] as LogLevel;
  }

  #log(severity: number, message: string, fields: LogFields | undefined): void {
    if (severity < this.#shared.threshold) return;
    const time = new Date(this.#options.clock.nowMs()).toISOString();
    const all = fields === undefined ? this.#fields : { ...this.#fields, ...fields };
    const level = LOG_LEVELS[severity] as LogLevel;
    this.#options.write(this.#options.format === "json" ? jsonLine(time, level, message, all) : textLine(time, level, message, all));
  }
}

function jsonLine(time: string, level: LogLevel, message: string, fields: LogFields): string {
  const line = { time, level, message, ...fields };
  // A replacer makes it three times slower, and most lines hold nothing it would replace.
  return `${Object.values(fields).some(isSpecial) ? JSON.stringify(line, plainValue) : JSON.stringify(line)}\n`;
}

function textLine(time: string, level: LogLevel, message: string, fields: LogFields): string {
  let line = `${time} ${level.toUpperCase().padEnd(5)} ${oneLine(message)}`;
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    const plain = plainValue(name, value);
    const text = typeof plain === "string" ? plain : JSON.stringify(plain, plainValue);
    line += ` ${name}=${/^[^\s"=]+$/.test(text) ? oneLine(text) : JSON.stringify(text)}`;
  }
  return `${line}\n`;
}

function isSpecial(value: unknown): boolean {
  return typeof value === "object" || typeof value === "bigint";
}

/** An error says its message and code, never its stack. */
function plainValue(_name: string, value: unknown): unknown {
  if (value instanceof Error) {
    const { code } = value as Error & { code?: unknown };
    return code === undefined ? value.message : `${value.message} (${String(code)})`;
  }
  return typeof value === "bigint" ? value.toString() : value;
}

/** What others wrote must not forge a line or steer a terminal. */
function oneLine(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
