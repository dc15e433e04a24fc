import type { KubeClient } from "../kube/contract.ts";
import { messageOf } from "../lib/errors.ts";

/** The same client, telling what it is asked and how that ended: `--verbose`. Arguments that may hold secrets are left out. */
export function traced(client: KubeClient, tell: (line: string) => void): KubeClient {
  const told = async <T>(what: string, answer: Promise<T>): Promise<T> => {
    try {
      const value = await answer;
      tell(`${what}: ok`);
      return value;
    } catch (error) {
      tell(`${what}: ${messageOf(error)}`);
      throw error;
    }
  };
  const place = (plural: string, name = "", namespace = ""): string => [namespace, plural, name].filter((part) => part !== "").join("/");
  return {
    list: (kind, options) => told(`list ${place(kind.plural, "", options?.namespace)}`, client.list(kind, options)),
    get: (kind, name, namespace, options) => told(`get ${place(kind.plural, name, namespace)}`, client.get(kind, name, namespace, options)),
    create: (kind, object, options) =>
      told(`create ${place(kind.plural, object.metadata.name, object.metadata.namespace)}`, client.create(kind, object, options)),
    update: (kind, object, options) =>
      told(`update ${place(kind.plural, object.metadata.name, object.metadata.namespace)}`, client.update(kind, object, options)),
    updateStatus: (kind, object, options) =>
      told(
        `update status of ${place(kind.plural, object.metadata.name, object.metadata.namespace)}`,
        client.updateStatus(kind, object, options),
      ),
    patch: (kind, name, namespace, patch, options) =>
      told(`patch ${place(kind.plural, name, namespace)}`, client.patch(kind, name, namespace, patch, options)),
    apply: (kind, object, options) =>
      told(`apply ${place(kind.plural, object.metadata.name, object.metadata.namespace)}`, client.apply(kind, object, options)),
    delete: (kind, name, namespace, options) =>
      told(`delete ${place(kind.plural, name, namespace)}`, client.delete(kind, name, namespace, options)),
    watch(kind, resourceVersion, options) {
      tell(`watch ${place(kind.plural, "", options?.namespace)} from ${resourceVersion}`);
      return client.watch(kind, resourceVersion, options);
    },
    request: (method, path, body, options) => told(`${method} ${path}`, client.request(method, path, body, options)),
    stream(path, options) {
      tell(`stream ${path}`);
      return client.stream(path, options);
    },
    close: () => client.close(),
  };
}
