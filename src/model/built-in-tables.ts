/** Tables of a cluster's own kinds, column by column as API servers print them. */
import { formatAge } from "../lib/age.ts";
import type { TableColumn } from "./kind.ts";
import type { KubeObject } from "./object.ts";
import { podStatus } from "./pod-status.ts";

type Cell = TableColumn["cell"];
/** Field by field from an object whose shape nobody has checked. */
type Loose = any;

const NONE = "<none>";
const loose = (object: KubeObject): Loose => object;

function column(name: string, cell: Cell, more: Partial<TableColumn> = {}): TableColumn {
  return { name, type: "string", description: `${name} of the object.`, cell, ...more };
}
const wide = (name: string, cell: Cell): TableColumn => column(name, cell, { priority: 1 });
const text =
  (read: (object: Loose) => unknown, absent = NONE): Cell =>
  (object) => {
    const value = read(loose(object));
    return value === undefined || value === null || value === "" ? absent : String(value);
  };
const number =
  (read: (object: Loose) => unknown): Cell =>
  (object) =>
    Number(read(loose(object)) ?? 0);
const since =
  (read: (object: Loose) => unknown, absent = "<unknown>"): Cell =>
  (object, nowMs) => {
    const instantMs = Date.parse(String(read(loose(object)) ?? ""));
    return Number.isNaN(instantMs) ? absent : formatAge(nowMs - instantMs);
  };

const NAME = column("Name", ({ metadata }) => metadata.name, { format: "name" });
const AGE = column(
  "Age",
  since(({ metadata }) => metadata.creationTimestamp),
);
const CREATED = column("Created At", ({ metadata }) => metadata.creationTimestamp ?? null);

const labels = (map: Loose): string => {
  const entries = Object.entries(map ?? {}).map(([key, value]) => `${key}=${value}`);
  return entries.length === 0 ? NONE : entries.sort().join(",");
};
const selector = (of: Loose): string => {
  const expressions = (of?.matchExpressions ?? []).map(
    ({ key, operator, values }: Loose) => `${key} ${String(operator).toLowerCase()}${values === undefined ? "" : ` (${values.join(",")})`}`,
  );
  const all = [...(of?.matchLabels === undefined ? [] : [labels(of.matchLabels)]), ...expressions];
  return all.length === 0 ? NONE : all.join(",");
};
const containers = (read: (object: Loose) => Loose): TableColumn[] => [
  wide("Containers", (object) => (read(object)?.containers ?? []).map(({ name }: Loose) => name).join(",")),
  wide("Images", (object) => (read(object)?.containers ?? []).map(({ image }: Loose) => image).join(",")),
];
const template = (object: Loose): Loose => object.spec?.template?.spec;
const WORKLOAD_TAIL = [...containers(template), wide("Selector", (object) => selector(loose(object).spec?.selector))];
const ratio =
  (ready: (object: Loose) => unknown): Cell =>
  (object) =>
    `${Number(ready(object) ?? 0)}/${Number(loose(object).spec?.replicas ?? 1)}`;

const RULES_KIND = [NAME, CREATED];
const bindingTable: readonly TableColumn[] = [
  NAME,
  column(
    "Role",
    text(({ roleRef }) => `${roleRef?.kind}/${roleRef?.name}`),
  ),
  AGE,
  ...(
    [
      ["Users", "User"],
      ["Groups", "Group"],
    ] as const
  ).map(([heading, kind]) =>
    wide(heading, (object) =>
      (loose(object).subjects ?? [])
        .filter((subject: Loose) => subject.kind === kind)
        .map(({ name }: Loose) => name)
        .join(", "),
    ),
  ),
  wide("ServiceAccounts", (object) =>
    (loose(object).subjects ?? [])
      .filter(({ kind }: Loose) => kind === "ServiceAccount")
      .map(({ namespace, name }: Loose) => `${namespace ?? ""}/${name}`)
      .join(", "),
  ),
];
const webhookTable: readonly TableColumn[] = [
  NAME,
  column(
    "Webhooks",
    number(({ webhooks }) => webhooks?.length),
    { type: "integer" },
  ),
  AGE,
];
const condition = (object: Loose, type: string): Loose => (object.status?.conditions ?? []).find((entry: Loose) => entry?.type === type);
const address = ({ spec, status }: Loose): string =>
  [...(spec?.loadBalancer?.ingress ?? []), ...(status?.loadBalancer?.ingress ?? [])]
    .map(({ ip, hostname }: Loose) => ip ?? hostname)
    .join(",");

/** By kind; kinds that are not here show their name and age. */
export const BUILT_IN_TABLES: Readonly<Record<string, readonly TableColumn[]>> = Object.freeze({
  ConfigMap: [NAME, column("Data", (object) => Object.keys({ ...loose(object).data, ...loose(object).binaryData }).length), AGE],
  Secret: [
    NAME,
    column(
      "Type",
      text(({ type }) => type),
    ),
    column("Data", (object) => Object.keys(loose(object).data ?? {}).length),
    AGE,
  ],
  ServiceAccount: [NAME, column("Secrets", (object) => loose(object).secrets?.length ?? 0), AGE],
  Pod: [
    NAME,
    column("Ready", (object) => podStatus(object).ready),
    column("Status", (object) => podStatus(object).reason),
    column("Restarts", (object) => String(podStatus(object).restarts)),
    AGE,
    wide(
      "IP",
      text(({ status }) => status?.podIP),
    ),
    wide(
      "Node",
      text(({ spec }) => spec?.nodeName),
    ),
    wide(
      "Nominated Node",
      text(({ status }) => status?.nominatedNodeName),
    ),
    wide("Readiness Gates", (object) => {
      const gates = loose(object).spec?.readinessGates ?? [];
      if (gates.length === 0) return NONE;
      return `${gates.filter(({ conditionType }: Loose) => condition(object, conditionType)?.status === "True").length}/${gates.length}`;
    }),
  ],
  Deployment: [
    NAME,
    column(
      "Ready",
      ratio(({ status }) => status?.readyReplicas),
    ),
    column(
      "Up-to-date",
      number(({ status }) => status?.updatedReplicas),
    ),
    column(
      "Available",
      number(({ status }) => status?.availableReplicas),
    ),
    AGE,
    ...WORKLOAD_TAIL,
  ],
  ReplicaSet: [
    NAME,
    column(
      "Desired",
      number(({ spec }) => spec?.replicas ?? 1),
      { type: "integer" },
    ),
    column(
      "Current",
      number(({ status }) => status?.replicas),
      { type: "integer" },
    ),
    column(
      "Ready",
      number(({ status }) => status?.readyReplicas),
      { type: "integer" },
    ),
    AGE,
    ...WORKLOAD_TAIL,
  ],
  StatefulSet: [
    NAME,
    column(
      "Ready",
      ratio(({ status }) => status?.readyReplicas),
    ),
    AGE,
    ...containers(template),
  ],
  DaemonSet: [
    NAME,
    column(
      "Desired",
      number(({ status }) => status?.desiredNumberScheduled),
      { type: "integer" },
    ),
    column(
      "Current",
      number(({ status }) => status?.currentNumberScheduled),
      { type: "integer" },
    ),
    column(
      "Ready",
      number(({ status }) => status?.numberReady),
      { type: "integer" },
    ),
    column(
      "Up-to-date",
      number(({ status }) => status?.updatedNumberScheduled),
      { type: "integer" },
    ),
    column(
      "Available",
      number(({ status }) => status?.numberAvailable),
      { type: "integer" },
    ),
    column("Node Selector", (object) => labels(template(object)?.nodeSelector)),
    AGE,
    ...WORKLOAD_TAIL,
  ],
  Job: [
    NAME,
    column("Status", (object) => {
      const found = ["Complete", "Failed", "Suspended", "FailureTarget", "SuccessCriteriaMet"].find(
        (type) => condition(object, type)?.status === "True",
      );
      return found ?? "Running";
    }),
    column("Completions", (object) => `${Number(loose(object).status?.succeeded ?? 0)}/${Number(loose(object).spec?.completions ?? 1)}`),
    column("Duration", (object, nowMs) => {
      const { startTime, completionTime } = loose(object).status ?? {};
      if (startTime === undefined) return "";
      return formatAge((completionTime === undefined ? nowMs : Date.parse(completionTime)) - Date.parse(startTime));
    }),
    AGE,
    ...WORKLOAD_TAIL,
  ],
  CronJob: [
    NAME,
    column(
      "Schedule",
      text(({ spec }) => spec?.schedule),
    ),
    column(
      "Timezone",
      text(({ spec }) => spec?.timeZone),
    ),
    column("Suspend", (object) => (loose(object).spec?.suspend === true ? "True" : "False")),
    column(
      "Active",
      number(({ status }) => status?.active?.length),
      { type: "integer" },
    ),
    column(
      "Last Schedule",
      since(({ status }) => status?.lastScheduleTime, NONE),
    ),
    AGE,
    ...containers(({ spec }) => spec?.jobTemplate?.spec?.template?.spec),
  ],
  HorizontalPodAutoscaler: [
    NAME,
    column(
      "Reference",
      text(({ spec }) => `${spec?.scaleTargetRef?.kind}/${spec?.scaleTargetRef?.name}`),
    ),
    column(
      "MinPods",
      text(({ spec }) => spec?.minReplicas, "<unset>"),
    ),
    column(
      "MaxPods",
      number(({ spec }) => spec?.maxReplicas),
      { type: "integer" },
    ),
    column(
      "Replicas",
      number(({ status }) => status?.currentReplicas),
      { type: "integer" },
    ),
    AGE,
  ],
  PodDisruptionBudget: [
    NAME,
    column(
      "Min Available",
      text(({ spec }) => spec?.minAvailable, "N/A"),
    ),
    column(
      "Max Unavailable",
      text(({ spec }) => spec?.maxUnavailable, "N/A"),
    ),
    column(
      "Allowed Disruptions",
      number(({ status }) => status?.disruptionsAllowed),
      { type: "integer" },
    ),
    AGE,
  ],
  Ingress: [
    NAME,
    column(
      "Class",
      text(({ spec }) => spec?.ingressClassName),
    ),
    column(
      "Hosts",
      text(({ spec }) => (spec?.rules ?? []).map(({ host }: Loose) => host ?? "*").join(","), "*"),
    ),
    column("Address", (object) => address({ status: loose(object).status })),
    column("Ports", (object) => ((loose(object).spec?.tls?.length ?? 0) > 0 ? "80, 443" : "80")),
    AGE,
  ],
  IngressClass: [
    NAME,
    column(
      "Controller",
      text(({ spec }) => spec?.controller),
    ),
    column(
      "Parameters",
      text(({ spec }) => spec?.parameters?.name),
    ),
    AGE,
  ],
  NetworkPolicy: [NAME, column("Pod-Selector", (object) => selector(loose(object).spec?.podSelector)), AGE],
  Lease: [
    NAME,
    column(
      "Holder",
      text(({ spec }) => spec?.holderIdentity, ""),
    ),
    AGE,
  ],
  Event: [
    column(
      "Last Seen",
      since(
        ({ lastTimestamp, eventTime, series, metadata }) =>
          series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? metadata.creationTimestamp,
      ),
    ),
    column(
      "Type",
      text(({ type }) => type, ""),
    ),
    column(
      "Reason",
      text(({ reason }) => reason, ""),
    ),
    column("Object", (object) => {
      const { kind = "", name = "" } = loose(object).involvedObject ?? {};
      return kind === "" ? name : `${String(kind).toLowerCase()}/${name}`;
    }),
    wide(
      "Subobject",
      text(({ involvedObject }) => involvedObject?.fieldPath, ""),
    ),
    wide("Source", (object) =>
      [loose(object).source?.component ?? loose(object).reportingComponent, loose(object).source?.host].filter(Boolean).join(", "),
    ),
    column("Message", (object) => String(loose(object).message ?? "").trim()),
    wide(
      "First Seen",
      since(({ firstTimestamp, eventTime, metadata }) => firstTimestamp ?? eventTime ?? metadata.creationTimestamp),
    ),
    wide(
      "Count",
      number(({ series, count }) => series?.count ?? count ?? 1),
    ),
    wide("Name", ({ metadata }) => metadata.name),
  ],
  Endpoints: [
    NAME,
    column("Endpoints", (object) => {
      const all = (loose(object).subsets ?? []).flatMap(({ addresses = [], ports = [] }: Loose) =>
        ports.flatMap(({ port }: Loose) => addresses.map(({ ip }: Loose) => `${ip}:${port}`)),
      );
      return all.length === 0 ? NONE : all.length > 3 ? `${all.slice(0, 3).join(",")} + ${all.length - 3} more...` : all.join(",");
    }),
    AGE,
  ],
  Node: [
    NAME,
    column(
      "Status",
      (object) =>
        `${condition(object, "Ready") === undefined ? "Unknown" : condition(object, "Ready").status === "True" ? "Ready" : "NotReady"}${loose(object).spec?.unschedulable === true ? ",SchedulingDisabled" : ""}`,
    ),
    column(
      "Roles",
      ({ metadata }) =>
        Object.keys(metadata.labels ?? {})
          .flatMap((key) => (key.startsWith("node-role.kubernetes.io/") ? [key.slice(24)] : []))
          .sort()
          .join(",") || NONE,
    ),
    AGE,
    column(
      "Version",
      text(({ status }) => status?.nodeInfo?.kubeletVersion, ""),
    ),
  ],
  Role: RULES_KIND,
  ClusterRole: RULES_KIND,
  RoleBinding: bindingTable,
  ClusterRoleBinding: bindingTable,
  MutatingWebhookConfiguration: webhookTable,
  ValidatingWebhookConfiguration: webhookTable,
  APIService: [
    NAME,
    column(
      "Service",
      text(({ spec }) =>
        spec?.service === undefined || spec.service === null ? "Local" : `${spec.service.namespace}/${spec.service.name}`,
      ),
    ),
    column("Available", (object) => {
      const found = condition(object, "Available");
      return found === undefined ? "Unknown" : found.status === "True" ? "True" : `${found.status} (${found.reason})`;
    }),
    AGE,
  ],
  GatewayClass: [
    NAME,
    column(
      "Controller",
      text(({ spec }) => spec?.controllerName, ""),
    ),
    column(
      "Accepted",
      text((object) => condition(object, "Accepted")?.status, ""),
    ),
    AGE,
    wide(
      "Description",
      text(({ spec }) => spec?.description, ""),
    ),
  ],
  Gateway: [
    NAME,
    column(
      "Class",
      text(({ spec }) => spec?.gatewayClassName, ""),
    ),
    column("Address", (object) => (loose(object).status?.addresses ?? []).map(({ value }: Loose) => value).join(",")),
    column(
      "Programmed",
      text((object) => condition(object, "Programmed")?.status, ""),
    ),
    AGE,
  ],
  GRPCRoute: [NAME, column("Hostnames", (object) => JSON.stringify(loose(object).spec?.hostnames ?? "").replace(/^""$/, "")), AGE],
});
