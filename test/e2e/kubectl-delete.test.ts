import { APP, configMap } from "../support/kubectl/manifests.ts";
import { kubectlTable } from "../support/kubectl/table.ts";

const deployment = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: old}]}
`;
const files = {
  "app.yaml": APP,
  "a.yaml": configMap("a", "drop: 'yes'"),
  "b.yaml": configMap("b", "drop: 'yes'"),
  "c.yaml": configMap("c"),
  "held.yaml": configMap("held").replace("name: held", "name: held, finalizers: [example.com/hold]"),
  "deployment.yaml": deployment,
  "namespace.yaml": "apiVersion: v1\nkind: Namespace\nmetadata: {name: NAME}\n",
};

kubectlTable("kubectl delete, wait, scale, rollout", { files }, [
  { run: "kubectl apply -f a.yaml -f b.yaml -f c.yaml", out: /^(\S+ created\n?){3}$/ },

  // delete
  { run: "kubectl delete cm a --dry-run=server", out: /^configmap "a" deleted.* \(server dry run\)$/ },
  { run: "kubectl delete cm a --dry-run=client", out: /^configmap "a" deleted.* \(dry run\)$/ },
  { run: "kubectl delete cm a", out: /^configmap "a" deleted/ },
  { run: "kubectl delete cm a", exit: 1, err: 'Error from server (NotFound): configmaps "a" not found' },
  { run: "kubectl delete cm a --ignore-not-found" },
  { run: "kubectl delete cm -l drop=yes -o name", out: "configmap/b" },
  { run: "kubectl delete cm -l drop=yes", out: "No resources found" },
  { run: "kubectl delete cm", exit: 1, err: /resource\(s\) were provided, but no name was specified/ },
  { run: "kubectl delete cm --all", out: /^configmap "c" deleted/ },
  { run: "kubectl apply -f app.yaml", out: /created/ },
  {
    run: "kubectl delete -f app.yaml",
    out: /^service "api" deleted.*\nhttproute.* "api-split" deleted.*\nfault.* "slow" deleted.*\nconfigmap "settings" deleted.*$/,
  },
  { run: "kubectl delete -f app.yaml --ignore-not-found" },
  { run: "kubectl apply -f app.yaml && kubectl delete svc/api cm/settings", out: /service "api" deleted.*\nconfigmap "settings" deleted/ },
  { run: "kubectl delete fi,httproute --all --wait=false", out: /fault.*"slow" deleted.*\nhttproute.*deleted/ },
  { run: `kubectl delete --raw "/api/v1/namespaces/$NS/configmaps/none"`, exit: 1, err: /configmaps "none" not found/ },

  // Finalizers
  { run: "kubectl create -f held.yaml", out: "configmap/held created" },
  { run: "kubectl delete cm held --timeout=1s", exit: 1, out: /deleted/, err: /timed out waiting for the condition/ },
  { run: "kubectl delete cm held --wait=false", out: /^configmap "held" deleted/ },
  { run: "kubectl get cm held -o jsonpath='{.metadata.deletionTimestamp}'", out: /^20\d\d-/ },
  { run: `kubectl patch cm held --type=merge -p '{"metadata":{"finalizers":null}}'`, out: /patched/ },
  { run: "kubectl wait --for=delete cm/held --timeout=10s", out: /^(configmap\/held condition met)?$/ },
  { run: "kubectl get cm", err: "No resources found in $NS namespace." },

  // Namespaces take their contents along
  { run: "sed s/NAME/$NS-brief/ namespace.yaml | kubectl apply -f -", out: "namespace/$NS-brief created" },
  { run: "kubectl apply -n $NS-brief -f app.yaml", out: /created/ },
  { run: "kubectl delete ns $NS-brief --timeout=30s", out: /^namespace "$NS-brief" deleted/ },
  { run: "kubectl get svc -n $NS-brief", err: "No resources found in $NS-brief namespace." },
  { run: "kubectl delete ns default", exit: 1, err: /Forbidden/ },

  // wait
  { run: "kubectl apply -f app.yaml", out: /slow created/ },
  { run: "kubectl wait --for=condition=Accepted fi/slow --timeout=20s", out: "faultinjection.meshctl.dev/slow condition met", exit: 0 },
  {
    run: "kubectl wait --for=condition=Accepted=False fi/slow --timeout=1s",
    exit: 1,
    err: /timed out waiting for the condition on faultinjections\/slow/,
  },
  {
    run: "kubectl wait --for=jsonpath='{.spec.rules[0].delay.fixed}'=200ms fi --all",
    out: "faultinjection.meshctl.dev/slow condition met",
  },
  { run: "kubectl wait --for=delete fi/none --timeout=5s" },
  { run: "(kubectl wait --for=delete fi/slow --timeout=30s; echo gone) & kubectl delete fi slow && wait", out: /gone$/ },
  { run: "kubectl wait --for=create cm/none --timeout=1s", from: 31, exit: 1, err: /timed out/ },
  { run: "kubectl wait --for=condition=Ready cm/none", exit: 1, err: 'Error from server (NotFound): configmaps "none" not found' },

  // Kinds that have replicas
  { run: "kubectl apply -f deployment.yaml", out: "deployment.apps/web created" },
  { run: "kubectl scale deploy/web --replicas=3", out: "deployment.apps/web scaled" },
  { run: "kubectl get deploy web -o jsonpath={.spec.replicas}", out: "3" },
  { run: "kubectl scale deploy/web --replicas=4 --current-replicas=9", exit: 1, err: /Expected replicas to be 9, was 3/ },
  { run: "kubectl set image deploy/web c=new", out: "deployment.apps/web image updated" },
  { run: "kubectl rollout restart deploy/web", out: "deployment.apps/web restarted" },
  {
    run: "kubectl get deploy web -o jsonpath='{.spec.template.spec.containers[0].image} {.spec.template.metadata.annotations}'",
    out: /^new .*restartedAt/,
  },
  { run: "kubectl rollout status deploy/web --timeout=1s", exit: 1, out: /Waiting for deployment/, err: /timed out/ },
  { run: "kubectl rollout history deploy/web", out: /No rollout history found/ },
  { run: "kubectl delete deploy web --cascade=orphan", out: /deleted/ },
]);
