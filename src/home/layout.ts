import { join } from "node:path";

/** Every path meshctl keeps on this machine (design section 9). Directories 0700, secrets 0600. */
export interface HomeLayout {
  readonly root: string;
  /** Contexts of the CLI: which controller, which credential. YAML. */
  readonly configFile: string;
  readonly local: string;
  /** `{pid, startedAt, discoveryPort, httpsPort, version}` of the running controller. */
  readonly controllerFile: string;
  readonly controllerLog: string;
  /** Ports to ask for again at the next start. */
  readonly portsFile: string;
  readonly storeDir: string;
  readonly caDir: string;
  readonly auditDir: string;
  /** Bearer token of the CLI. */
  readonly adminTokenFile: string;
  /** One file a supervisor: `<namespace>.<name>.json` with pid, ports, command. */
  readonly runDir: string;
}

/** `MESHCTL_HOME`, else `$XDG_STATE_HOME/meshctl`, else `~/.local/state/meshctl`. */
export function homeRoot(env: Readonly<Record<string, string | undefined>>, userHome: string): string {
  if (env.MESHCTL_HOME) return env.MESHCTL_HOME;
  return join(env.XDG_STATE_HOME || join(userHome, ".local", "state"), "meshctl");
}

export function homeLayout(root: string): HomeLayout {
  const local = join(root, "local");
  return Object.freeze({
    root,
    configFile: join(root, "config.yaml"),
    local,
    controllerFile: join(local, "controller.json"),
    controllerLog: join(local, "logs", "controller.log"),
    portsFile: join(local, "ports.json"),
    storeDir: join(local, "store"),
    caDir: join(local, "ca"),
    auditDir: join(local, "audit"),
    adminTokenFile: join(local, "credentials", "admin.token"),
    runDir: join(local, "run"),
  });
}
