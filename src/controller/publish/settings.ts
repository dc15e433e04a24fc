import type { InstanceSettings } from "../../compile/proxy-config.ts";
import type { TapSession } from "../../messages/gen/meshctl/discovery/v1/discovery.ts";

interface Settings {
  readonly taps: Map<string, TapSession>;
  renewIssuedBeforeMs: number;
}

/** What is asked of single proxies right now: taps, renewals. Kept in memory; everything in it ends by itself. */
export class ProxySettings {
  readonly #byInstance = new Map<string, Settings>();
  readonly #changed: (instance: string) => void;
  #logLevel = "";

  /** `changed` is called with each instance whose configuration differs from before. */
  constructor(changed: (instance: string) => void) {
    this.#changed = changed;
  }

  /** The configuration of one instance; the same value for the same settings. */
  of(instance: string): InstanceSettings {
    const settings = this.#byInstance.get(instance);
    return {
      logLevel: this.#logLevel,
      taps: settings === undefined ? [] : [...settings.taps.values()].sort((a, b) => (a.id < b.id ? -1 : 1)),
      renewIssuedBeforeUnixMs: settings?.renewIssuedBeforeMs ?? 0,
      drain: false,
    };
  }

  setTap(instance: string, session: TapSession): void {
    this.#settings(instance).taps.set(session.id, session);
    this.#changed(instance);
  }

  clearTap(instance: string, id: string): void {
    const settings = this.#byInstance.get(instance);
    if (settings === undefined || !settings.taps.delete(id)) return;
    this.#forgetEmpty(instance, settings);
    this.#changed(instance);
  }

  /** Leaves issued before `beforeMs` (Unix milliseconds) are to be renewed now. */
  askRenewal(instance: string, beforeMs: number): void {
    const settings = this.#settings(instance);
    if (settings.renewIssuedBeforeMs >= beforeMs) return;
    settings.renewIssuedBeforeMs = beforeMs;
    this.#changed(instance);
  }

  /** The instance is gone from the mesh. */
  forget(instance: string): void {
    this.#byInstance.delete(instance);
  }

  #settings(instance: string): Settings {
    let settings = this.#byInstance.get(instance);
    if (settings === undefined) this.#byInstance.set(instance, (settings = { taps: new Map(), renewIssuedBeforeMs: 0 }));
    return settings;
  }

  #forgetEmpty(instance: string, settings: Settings): void {
    if (settings.taps.size === 0 && settings.renewIssuedBeforeMs === 0) this.#byInstance.delete(instance);
  }
}
