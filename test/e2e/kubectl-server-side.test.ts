import { configMap, fault, service } from "../support/kubectl/manifests.ts";
import { kubectlTable } from "../support/kubectl/table.ts";

const files = {
  "one.yaml": service(80),
  "slow.yaml": fault("200ms"),
  "slower.yaml": fault("300ms"),
  "set/a.yaml": configMap("a", "set: mine"),
  "set/b.yaml": configMap("b", "set: mine"),
};

const DELAY = "kubectl get fi slow -o jsonpath='{.spec.rules[0].delay.fixed}'";
const MANAGERS = "kubectl get fi slow --show-managed-fields -o jsonpath='{.metadata.managedFields[?(@.operation==\"Apply\")].manager}'";

kubectlTable("kubectl apply and diff, server-side", { files }, [
  { run: "kubectl apply -f one.yaml -f set -f slow.yaml", out: /created/ },
  { run: "kubectl diff --server-side --field-manager=differ -f one.yaml", exit: 0 },
  // Server-side
  { run: "kubectl delete fi slow", out: /deleted/ },
  {
    run: "kubectl apply --server-side --dry-run=server -f slow.yaml",
    out: "faultinjection.meshctl.dev/slow serverside-applied (server dry run)",
  },
  { run: "kubectl get fi", err: "No resources found in $NS namespace." },
  { run: "kubectl apply --server-side -f slow.yaml", out: "faultinjection.meshctl.dev/slow serverside-applied" },
  { run: "kubectl apply --server-side -f slow.yaml", out: "faultinjection.meshctl.dev/slow serverside-applied" },
  { run: "kubectl get fi slow -o jsonpath={.metadata.generation}", out: "1" },
  { run: MANAGERS, out: "kubectl" },
  { run: "kubectl apply --server-side --field-manager=other -f slow.yaml", out: /serverside-applied/ },
  { run: `${MANAGERS} | xargs -n1 | sort | xargs`, out: "kubectl other" },
  {
    run: "kubectl apply --server-side --field-manager=third -f slower.yaml",
    exit: 1,
    err: /Apply failed with \d conflicts?: conflicts? with "(kubectl|other)"(.*\n)*.*\.spec\.rules/,
  },
  { run: DELAY, out: "200ms" },
  { run: "kubectl apply --server-side --field-manager=third --force-conflicts -f slower.yaml", out: /serverside-applied/ },
  { run: DELAY, out: "300ms" },
  { run: "kubectl diff --server-side --field-manager=third -f slower.yaml" },
  { run: "kubectl diff --server-side --field-manager=third --force-conflicts -f slow.yaml", exit: 1, out: /^\+ +fixed: 200ms$/m },
  { run: "kubectl apply --server-side -f one.yaml", out: "service/api serverside-applied" },
  { run: "kubectl apply --server-side -f set/a.yaml --field-manager=first", out: /serverside-applied/ },
  {
    run: "sed 's/data: {a: b}/data: {c: d}/' set/a.yaml | kubectl apply --server-side --field-manager=first -f -",
    out: /serverside-applied/,
  },
  // kubectl hands what its client-side apply owned over to the new manager, which then leaves it out.
  { run: "kubectl get cm a -o jsonpath='{.data}'", out: '{"c":"d"}' },

  // ApplySets keep their members by server-side apply
  { run: "kubectl delete cm --all", out: /deleted/ },
  {
    run: "KUBECTL_APPLYSET=true kubectl apply --prune --applyset=secrets/mine -n $NS -f set",
    out: "configmap/a created\nconfigmap/b created",
    err: /^(WARNING: .*)?$/,
  },
  {
    run: "KUBECTL_APPLYSET=true kubectl apply --prune --applyset=secrets/mine -n $NS -f set/a.yaml",
    out: /configmap\/b pruned/,
    err: /^(WARNING: .*)?$/,
  },
  { run: "kubectl get cm -o name", out: "configmap/a" },
]);
