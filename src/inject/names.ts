/** Names that injection gives and reads. */

export const INIT_CONTAINER = "meshctl-init";
export const PROXY_CONTAINER = "meshctl-proxy";
export const IDENTITY_VOLUME = "meshctl-identity";
export const STATE_VOLUME = "meshctl-state";
export const TRUST_VOLUME = "meshctl-trust";

export const PREFIX = "meshctl.dev/";
/** Annotation that holds what was added and the text of what was replaced: {@link InjectionRecord}. */
export const RECORD = "meshctl.dev/injection";
/** On a pod with `automountServiceAccountToken: false`: `allow` gives the proxy a token all the same. */
export const SERVICE_ACCOUNT_TOKEN = "meshctl.dev/service-account-token";

export const DEFAULT_REVISION = "default";
