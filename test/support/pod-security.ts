/** The restricted pod security standard (https://kubernetes.io/docs/concepts/security/pod-security-standards/), for Linux pods. */

interface SecurityContext {
  privileged?: boolean;
  allowPrivilegeEscalation?: boolean;
  runAsNonRoot?: boolean;
  runAsUser?: number;
  procMount?: string;
  seccompProfile?: { type: string };
  capabilities?: { add?: string[]; drop?: string[] };
  seLinuxOptions?: { type?: string; user?: string; role?: string };
  appArmorProfile?: { type: string };
  sysctls?: { name: string }[];
}

export interface Container {
  name: string;
  ports?: { hostPort?: number }[];
  securityContext?: SecurityContext;
}

export interface PodSpec {
  hostNetwork?: boolean;
  hostPID?: boolean;
  hostIPC?: boolean;
  volumes?: { name: string; [source: string]: unknown }[];
  initContainers?: Container[];
  containers: Container[];
  securityContext?: SecurityContext;
}

const VOLUMES: ReadonlySet<string> = new Set([
  "configMap",
  "csi",
  "downwardAPI",
  "emptyDir",
  "ephemeral",
  "persistentVolumeClaim",
  "projected",
  "secret",
]);
const SYSCTLS: ReadonlySet<string> = new Set([
  "kernel.shm_rmid_forced",
  "net.ipv4.ip_local_port_range",
  "net.ipv4.ip_unprivileged_port_start",
  "net.ipv4.tcp_syncookies",
  "net.ipv4.ping_group_range",
  "net.ipv4.ip_local_reserved_ports",
  "net.ipv4.tcp_keepalive_time",
  "net.ipv4.tcp_fin_timeout",
  "net.ipv4.tcp_keepalive_intvl",
  "net.ipv4.tcp_keepalive_probes",
]);
const SECCOMP: ReadonlySet<string | undefined> = new Set(["RuntimeDefault", "Localhost"]);

/** Everything the standard forbids in a pod, each as `container NAME: what`. Empty: the pod passes. */
export function podSecurityViolations(spec: PodSpec): string[] {
  const found: string[] = [];
  for (const field of ["hostNetwork", "hostPID", "hostIPC"] as const) if (spec[field]) found.push(`pod: ${field}`);
  for (const { name, ...source } of spec.volumes ?? []) {
    for (const kind of Object.keys(source)) if (!VOLUMES.has(kind)) found.push(`pod: volume ${name} is a ${kind}`);
  }
  for (const { name } of spec.securityContext?.sysctls ?? []) if (!SYSCTLS.has(name)) found.push(`pod: sysctl ${name}`);
  for (const container of [...(spec.initContainers ?? []), ...spec.containers]) {
    found.push(...containerViolations(container, spec.securityContext ?? {}).map((what) => `container ${container.name}: ${what}`));
  }
  return found;
}

function containerViolations({ ports = [], securityContext = {} }: Container, pod: SecurityContext): string[] {
  const found: string[] = [];
  const own = securityContext;
  if (ports.some(({ hostPort }) => (hostPort ?? 0) !== 0)) found.push("hostPort");
  if (own.privileged) found.push("privileged");
  if (own.allowPrivilegeEscalation !== false) found.push("allowPrivilegeEscalation is not false");
  if (!own.capabilities?.drop?.includes("ALL")) found.push("capabilities: does not drop ALL");
  for (const added of own.capabilities?.add ?? []) if (added !== "NET_BIND_SERVICE") found.push(`capabilities: adds ${added}`);
  if ((own.runAsNonRoot ?? pod.runAsNonRoot) !== true) found.push("runAsNonRoot is not true");
  if ((own.runAsUser ?? pod.runAsUser) === 0) found.push("runAsUser is 0");
  if (!SECCOMP.has((own.seccompProfile ?? pod.seccompProfile)?.type)) found.push("seccompProfile is not RuntimeDefault or Localhost");
  if ((own.procMount ?? "Default") !== "Default") found.push("procMount");
  const { appArmorProfile = { type: "RuntimeDefault" }, seLinuxOptions = {} } = { ...pod, ...own };
  if (appArmorProfile.type === "Unconfined") found.push("appArmorProfile");
  if (seLinuxOptions.user || seLinuxOptions.role) found.push("seLinuxOptions");
  return found;
}
