/** Who asks the API: `authentication.k8s.io/v1 UserInfo`. */
export interface Subject {
  readonly username: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** Group of who may do all. */
export const MASTERS = "system:masters";
export const AUTHENTICATED = "system:authenticated";

const SERVICE_ACCOUNT = "system:serviceaccount:";

export function serviceAccountName(namespace: string, name: string): string {
  return `${SERVICE_ACCOUNT}${namespace}:${name}`;
}

/** Groups every service account of the namespace is in. */
export function serviceAccountGroups(namespace: string): readonly string[] {
  return ["system:serviceaccounts", `system:serviceaccounts:${namespace}`, AUTHENTICATED];
}

/** What one request asks to do (`authorization.k8s.io/v1` resource or non-resource attributes). */
export type Attributes =
  | {
      readonly verb: string;
      readonly group: string;
      readonly version: string;
      readonly resource: string;
      readonly subresource: string;
      /** Empty: every namespace, or none. */
      readonly namespace: string;
      readonly name: string;
    }
  | { readonly verb: string; readonly path: string };
