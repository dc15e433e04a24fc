import { apiAuthenticated } from "./checks/api-authenticated.ts";
import { apiReachable } from "./checks/api-reachable.ts";
import { clientVersion } from "./checks/client-version.ts";
import { contextsFile } from "./checks/contexts-file.ts";
import { controllerProcess } from "./checks/controller-process.ts";
import { homeModes } from "./checks/home-modes.ts";
import { issuerLifetime } from "./checks/issuer-lifetime.ts";
import { nodeLine } from "./checks/node-line.ts";
import { nodePatched } from "./checks/node-patched.ts";
import { policiesAccepted } from "./checks/policies-accepted.ts";
import { policiesConflict } from "./checks/policies-conflict.ts";
import { policiesResolved } from "./checks/policies-resolved.ts";
import { policiesWhole } from "./checks/policies-whole.ts";
import { protocolsDeclared } from "./checks/protocols-declared.ts";
import { proxiesCertificates } from "./checks/proxies-certificates.ts";
import { proxiesClock } from "./checks/proxies-clock.ts";
import { proxiesConnected } from "./checks/proxies-connected.ts";
import { proxiesOverload } from "./checks/proxies-overload.ts";
import { proxiesSynced } from "./checks/proxies-synced.ts";
import { proxiesVersion } from "./checks/proxies-version.ts";
import { rootLifetime } from "./checks/root-lifetime.ts";
import { workloadsAlive } from "./checks/workloads-alive.ts";
import { workloadsReady } from "./checks/workloads-ready.ts";
import type { HealthCheck } from "./contract.ts";

/** Every health check, in the order it runs and is shown; what others need comes first. */
export const CHECKS: readonly HealthCheck[] = Object.freeze([
  nodeLine,
  nodePatched,
  homeModes,
  contextsFile,
  controllerProcess,
  apiReachable,
  apiAuthenticated,
  clientVersion,
  rootLifetime,
  issuerLifetime,
  proxiesConnected,
  proxiesSynced,
  proxiesCertificates,
  proxiesClock,
  proxiesOverload,
  proxiesVersion,
  policiesAccepted,
  policiesResolved,
  policiesWhole,
  policiesConflict,
  workloadsAlive,
  workloadsReady,
  protocolsDeclared,
]);
