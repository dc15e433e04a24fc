/** What parts of the controller log through: pino's shape, so that tests can pass a list. */
export interface ControllerLog {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export const silentLog: ControllerLog = Object.freeze({ debug() {}, info() {}, warn() {}, error() {} });
