import { APP, configMap, fault, service } from "../support/kubectl/manifests.ts";
import { kubectlTable } from "../support/kubectl/table.ts";

const files = {
  "app.yaml": APP,
  "one.yaml": service(80),
  "two.yaml": service(80, 81),
  "other.yaml": service(82, 81),
  "slow.yaml": fault("200ms"),
  "slower.yaml": fault("300ms"),
  "set/a.yaml": configMap("a", "set: mine"),
  "set/b.yaml": configMap("b", "set: mine"),
  "kust/kustomization.yaml": "resources: [cm.yaml]\nnamePrefix: pre-\ncommonAnnotations: {by: kustomize}\n",
  "kust/cm.yaml": configMap("kust"),
};

const PORTS = "kubectl get svc api -o jsonpath='{.spec.ports[*].port}'";

kubectlTable("kubectl apply, diff and kustomize", { files }, [
  // New, the same, changed
  {
    run: "kubectl apply -f app.yaml",
    out: /^service\/api created\nhttproute.*\/api-split created\nfault.*\/slow created\nconfigmap\/settings created$/,
  },
  { run: "kubectl get httproute api-split -o jsonpath={.metadata.generation}", out: "1" },
  // A route "configured" is what clusters say too: defaults inside lists differ from the file. Nothing is written.
  {
    run: "kubectl apply -f app.yaml",
    out: /^service\/api unchanged\nhttproute.*\/api-split (unchanged|configured)\nfault.*\/slow unchanged\nconfigmap\/settings unchanged$/,
  },
  { run: "kubectl get httproute api-split -o jsonpath={.metadata.generation}", out: "1" },
  { run: "sed 's/weight: 90/weight: 50/' app.yaml | kubectl apply -f - | grep api-split", out: /configured/ },
  { run: "kubectl get httproute api-split -o jsonpath='{.spec.rules[0].backendRefs[*].weight} {.metadata.generation}'", out: "50 10 2" },

  // Lists of built-in kinds are merged by key, and what the file had is taken out
  { run: "kubectl apply -f two.yaml", out: "service/api configured" },
  { run: PORTS, out: "80 81" },
  { run: `kubectl patch svc api -p '{"spec":{"ports":[{"port":99,"name":"theirs"}]}}'`, out: "service/api patched" },
  { run: "kubectl apply -f other.yaml", out: "service/api configured" },
  { run: `${PORTS} | xargs -n1 | sort | xargs`, out: "81 82 99" },
  { run: "kubectl annotate svc api mine=yes", out: /^service\/api annotated?$/ },
  { run: "sed 's/, labels: {app: api}//' one.yaml | kubectl apply -f -", out: "service/api configured" },
  { run: "kubectl get svc api -o jsonpath='{.metadata.labels} {.metadata.annotations.mine}'", out: " yes" },
  { run: "kubectl apply -f set -o name", out: "configmap/a\nconfigmap/b" },
  { run: "kubectl apply -f set/a.yaml -f set/b.yaml", out: "configmap/a unchanged\nconfigmap/b unchanged" },

  // Dry runs and diff
  { run: "kubectl apply -f two.yaml --dry-run=server", out: "service/api configured (server dry run)" },
  { run: "kubectl apply -f two.yaml --dry-run=client", out: "service/api configured (dry run)" },
  { run: "kubectl diff -f one.yaml", exit: 1, out: /^\+ {4}app: api$/m },
  { run: "kubectl apply -f one.yaml", out: "service/api configured" },
  { run: "kubectl diff -f one.yaml" },
  { run: "kubectl diff -f two.yaml", exit: 1, out: /^\+ {4}port: 81$/m },
  { run: "sed s/name:.slow/name:\\ new/ slow.yaml | kubectl diff -f -", exit: 1, out: /^\+kind: FaultInjection$/m },

  // prune
  { run: "kubectl delete cm --all", out: /deleted/ },
  { run: "kubectl apply -f set", out: "configmap/a created\nconfigmap/b created" },
  {
    run: "kubectl apply --prune -l set=mine --prune-allowlist=core/v1/ConfigMap -f set/a.yaml",
    out: "configmap/a unchanged\nconfigmap/b pruned",
  },
  { run: "kubectl get cm -o name", out: "configmap/a" },
  { run: "kubectl apply --prune --all --prune-allowlist=core/v1/ConfigMap -f set/b.yaml", out: "configmap/b created\nconfigmap/a pruned" },

  // kustomize
  { run: "kubectl kustomize kust", out: /^apiVersion: v1\n(.*\n)* {2}name: pre-kust$/ },
  { run: "kubectl diff -k kust", exit: 1, out: /^\+ {2}name: pre-kust$/m },
  { run: "kubectl apply -k kust", out: "configmap/pre-kust created" },
  { run: "kubectl get -k kust -o jsonpath={.metadata.annotations.by}", out: "kustomize" },
  { run: "kubectl apply -k kust", out: "configmap/pre-kust unchanged" },
  { run: "kubectl delete -k kust", out: /configmap "pre-kust" deleted/ },
]);
