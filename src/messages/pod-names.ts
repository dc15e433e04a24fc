/** What an injected pod and the programs in it agree on, beside the ports and labels of names.ts (docs/inject.md). */

/** Environment of the sidecar. */
export const POD_ENV = Object.freeze({
  NAME: "MESHCTL_POD_NAME",
  NAMESPACE: "MESHCTL_POD_NAMESPACE",
  IP: "MESHCTL_POD_IP",
  NODE: "MESHCTL_NODE_NAME",
  SERVICE_ACCOUNT: "MESHCTL_SERVICE_ACCOUNT",
  WORKLOAD: "MESHCTL_WORKLOAD",
  TRUST_DOMAIN: "MESHCTL_TRUST_DOMAIN",
  DISCOVERY: "MESHCTL_DISCOVERY_ADDRESS",
  CERTIFICATES: "MESHCTL_CERTIFICATES_ADDRESS",
  REVISION: "MESHCTL_REVISION",
  LOG_LEVEL: "MESHCTL_LOG_LEVEL",
  CONCURRENCY: "MESHCTL_CONCURRENCY",
  /** Seconds. */
  DRAIN: "MESHCTL_DRAIN_SECONDS",
  /** Ports, separated by commas, whose bytes are not looked into. */
  OPAQUE_PORTS: "MESHCTL_OPAQUE_PORTS",
  /** {@link formatAppProbes} */
  APP_PROBES: "MESHCTL_APP_PROBES",
  /** Instead of the ports of names.ts, for pods that share a network with others. */
  ADMIN_PORT: "MESHCTL_ADMIN_PORT",
  HEALTH_PORT: "MESHCTL_HEALTH_PORT",
  OUTBOUND_PORT: "MESHCTL_OUTBOUND_PORT",
  INBOUND_PORT: "MESHCTL_INBOUND_PORT",
  /** Where {@link POD_PATHS} begin; absent: at the root. */
  ROOT: "MESHCTL_POD_ROOT",
  /** Seconds without a process of another container until the sidecar ends; absent: it does not watch. */
  QUIT_AFTER: "MESHCTL_QUIT_AFTER_SECONDS",
});

/** Paths in the sidecar's file system. */
export const POD_PATHS = Object.freeze({
  TOKEN_DIR: "/var/run/secrets/meshctl.dev",
  TOKEN_FILE: "/var/run/secrets/meshctl.dev/token",
  TRUST_DIR: "/etc/meshctl/trust",
  TRUST_FILE: "/etc/meshctl/trust/root.pem",
  STATE_DIR: "/var/lib/meshctl",
});

/** ConfigMap with the roots of trust, in every namespace with injected pods, and its key. */
export const TRUST_CONFIG_MAP = "meshctl-trust";
export const TRUST_KEY = "root.pem";

/** How the image's programs are started: it has no shell. The first word of what follows says what a proxy does. */
export const POD_PROGRAM = Object.freeze({
  PROXY: Object.freeze(["/usr/local/bin/node", "/app/bin/meshctl-proxy.js"]),
  INIT: Object.freeze(["/usr/local/bin/node", "/app/bin/meshctl-init.js"]),
});

/** Audience of the token with which a sidecar proves who it is. */
export const TOKEN_AUDIENCE = "meshctl.dev";
