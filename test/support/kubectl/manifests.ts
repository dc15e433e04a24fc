/** Manifests that several tables apply. */

/** A Service, a route and a fault on it, and a kind that only lies in the store. */
export const APP = `apiVersion: v1
kind: Service
metadata: {name: api, labels: {app: api}}
spec: {ports: [{name: http, port: 80, appProtocol: http}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: api-split, labels: {app: api}}
spec:
  parentRefs: [{group: "", kind: Service, name: api, port: 80}]
  rules: [{backendRefs: [{name: api-v1, port: 80, weight: 90}, {name: api-v2, port: 80, weight: 10}]}]
---
apiVersion: meshctl.dev/v1alpha1
kind: FaultInjection
metadata: {name: slow, labels: {app: api}}
spec: {targetRefs: [{group: "", kind: Service, name: api}], rules: [{delay: {fixed: 200ms, percent: 12.5}}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, labels: {app: api}}
data: {a: b}
`;

export function configMap(name: string, labels = ""): string {
  const metadata = labels === "" ? `name: ${name}` : `name: ${name}, labels: {${labels}}`;
  return `apiVersion: v1\nkind: ConfigMap\nmetadata: {${metadata}}\ndata: {a: b}\n`;
}

/** Service api with these ports, each named after its number. */
export function service(...ports: readonly number[]): string {
  const list = ports.map((port) => `{name: p${port}, port: ${port}}`).join(", ");
  return `apiVersion: v1\nkind: Service\nmetadata: {name: api, labels: {app: api}}\nspec: {ports: [${list}]}\n`;
}

/** Fault slow with this delay. */
export function fault(delay: string): string {
  return `apiVersion: meshctl.dev/v1alpha1
kind: FaultInjection
metadata: {name: slow}
spec: {targetRefs: [{group: "", kind: Service, name: api}], rules: [{delay: {fixed: ${delay}, percent: 12.5}}]}
`;
}
