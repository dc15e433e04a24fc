import { kubectlTable } from "../support/kubectl/table.ts";
import { APP, configMap } from "../support/kubectl/manifests.ts";

const NONE_SUCH = 'Error from server (NotFound): services "nope" not found';

kubectlTable("kubectl get", { files: { "app.yaml": APP, "tick.yaml": configMap("tick") } }, [
  { run: "kubectl get svc", err: "No resources found in $NS namespace." },
  { run: "kubectl apply -f app.yaml", out: /created/ },

  // Tables
  { run: "kubectl get svc", out: ["NAME TYPE CLUSTER-IP PORTS AGE", "api ClusterIP <none> 80 *"] },
  {
    run: "kubectl get services/api -o wide",
    out: ["NAME TYPE CLUSTER-IP PORTS AGE PROTOCOL SELECTOR", "api ClusterIP <none> 80 * http <none>"],
  },
  { run: "kubectl get httproutes", out: ["NAME PARENTS BACKENDS WEIGHTS AGE", "api-split api api-v1,api-v2 90,10 *"] },
  { run: "kubectl wait --for=condition=Accepted fault/slow", out: "faultinjection.meshctl.dev/slow condition met" },
  { run: "kubectl get fi", out: ["NAME TARGETS ACCEPTED EXPIRES AGE", "slow api True <none> *"] },
  { run: "kubectl get cm --no-headers", out: ["settings 1 *"] },
  {
    run: "kubectl get svc,httproute,cm",
    out: [
      "NAME TYPE CLUSTER-IP PORTS AGE",
      "service/api ClusterIP <none> 80 *",
      "",
      "NAME PARENTS BACKENDS WEIGHTS AGE",
      "httproute.gateway.networking.k8s.io/api-split api api-v1,api-v2 90,10 *",
      "",
      "NAME DATA AGE",
      "configmap/settings 1 *",
    ],
  },
  { run: "kubectl get mesh -o name", out: /^faultinjection\.meshctl\.dev\/slow\nhttproute\.gateway\.networking\.k8s\.io\/api-split$/m },
  { run: "kubectl get policy -o name", out: "faultinjection.meshctl.dev/slow" },
  { run: "kubectl get svc -A", out: /^NAMESPACE +NAME +TYPE .*\n(.*\n)*\S+ +api +ClusterIP / },
  { run: "kubectl get svc --show-labels", out: ["NAME TYPE CLUSTER-IP PORTS AGE LABELS", "api ClusterIP <none> 80 * app=api"] },
  { run: "kubectl get svc -L app,tier", out: ["NAME TYPE CLUSTER-IP PORTS AGE APP TIER", "api ClusterIP <none> 80 * api"] },
  { run: "kubectl get cm --show-kind", out: ["NAME DATA AGE", "configmap/settings 1 *"] },

  // Other outputs
  { run: "kubectl get svc api -o name", out: "service/api" },
  {
    run: "kubectl get svc api -o yaml",
    out: /^apiVersion: v1\nkind: Service\nmetadata:\n(.*\n)* {2}name: api\n(.*\n)*spec:\n {2}ports:\n {2}- appProtocol: http\n/,
  },
  { run: "kubectl get svc api -o json | grep -E '^    \"(apiVersion|kind)'", out: '    "apiVersion": "v1",\n    "kind": "Service",' },
  { run: "kubectl get svc -o json | grep -E '^    \"(apiVersion|kind)'", out: '    "apiVersion": "v1",\n    "kind": "List",' },
  { run: "kubectl get svc api -o jsonpath='{.spec.ports[0].port}'", out: "80" },
  { run: `kubectl get cm,svc -o jsonpath='{range .items[*]}{.kind} {.metadata.name}{"\\n"}{end}'`, out: "ConfigMap settings\nService api" },
  { run: "kubectl get svc api -o jsonpath='{.spec.ports[?(@.name==\"http\")].appProtocol}'", out: "http" },
  { run: "kubectl get svc -o custom-columns=NAME:.metadata.name,PORT:.spec.ports[0].port", out: ["NAME PORT", "api 80"] },
  { run: "kubectl get svc -o custom-columns=NAME:.metadata.name,NONE:.spec.none --no-headers", out: ["api <none>"] },
  { run: "kubectl get svc api -o go-template='{{.metadata.name}} {{len .spec.ports}}'", out: "api 1" },
  { run: "kubectl get -f app.yaml -o name", out: /^service\/api\nhttproute.*\nfault.*\nconfigmap\/settings$/ },
  { run: "kubectl get svc api -o nonsense", exit: 1, err: /unable to match a printer suitable for the output format "nonsense"/ },

  // Which
  { run: "kubectl get svc/api cm/settings -o name", out: "service/api\nconfigmap/settings" },
  { run: "kubectl get svc nope", exit: 1, err: NONE_SUCH },
  { run: "kubectl get svc api nope", exit: 1, out: ["NAME TYPE CLUSTER-IP PORTS AGE", "api ClusterIP <none> 80 *"], err: NONE_SUCH },
  { run: "kubectl get svc nope --ignore-not-found" },
  { run: "kubectl get nonsense", exit: 1, err: 'error: the server doesn\'t have a resource type "nonsense"' },
  { run: "kubectl get httproutes.v1beta1.gateway.networking.k8s.io -o yaml", out: /apiVersion: gateway\.networking\.k8s\.io\/v1beta1/ },
  { run: "kubectl get svc -l app=api -o name", out: "service/api" },
  { run: "kubectl get svc -l app!=api", err: "No resources found in $NS namespace." },
  { run: "kubectl get svc -l 'app in (x,api),app,!tier' -o name", out: "service/api" },
  { run: "kubectl get svc -l 'app notin (api)'", err: "No resources found in $NS namespace." },
  { run: "kubectl get svc -l 'a b'", exit: 1, err: /unable to parse|Unable to find/ },
  { run: "kubectl get svc --field-selector metadata.name=api -o name", out: "service/api" },
  { run: "kubectl get svc -A --field-selector metadata.namespace=$NS,metadata.name!=x -o name", out: "service/api" },
  { run: "kubectl get svc --field-selector metadata.nme=api", exit: 1, err: /BadRequest.*field label not supported: metadata\.nme/ },

  // Many
  { run: "for n in $(seq 9); do echo '---'; sed s/tick/m$n/ tick.yaml; done | kubectl apply -f -", out: /(configmap\/m\d created\n?){9}/ },
  { run: "kubectl get cm --chunk-size=2 -o name | wc -l", out: "10" },
  {
    run: "kubectl get cm --chunk-size=3 --sort-by='{.metadata.name}' --no-headers | awk '{print $1}' | xargs",
    out: "m1 m2 m3 m4 m5 m6 m7 m8 m9 settings",
  },
  { run: "kubectl get cm --sort-by=.metadata.creationTimestamp -o name | tail -1", out: /^configmap\/m\d$/ },
  {
    run: `kubectl get --raw "/api/v1/namespaces/$NS/configmaps?limit=4" | grep -o '"remainingItemCount":6'`,
    out: '"remainingItemCount":6',
  },

  // Paths as they are
  { run: "kubectl get --raw /version", out: /"gitVersion":"v1\.\d+\.0\+meshctl/ },
  { run: "kubectl get --raw /readyz", out: "ok" },
  { run: "kubectl get --raw /livez", out: "ok" },
  { run: "kubectl get --raw /api/v1/namespaces/$NS/services/nope", exit: 1, err: NONE_SUCH },

  // Watches
  {
    run: "kubectl get cm -w",
    meanwhile: "kubectl apply -f tick.yaml && kubectl label cm tick n=$RANDOM && kubectl delete cm tick",
    out: /^NAME +DATA +AGE\nm1 +1 +\d+s\n(.*\n)*settings +1 +\d+s\n(.*\n)*tick +1 +\d+s\ntick +1 +\d+s/,
  },
  {
    run: "kubectl get cm --watch-only --output-watch-events",
    meanwhile: "kubectl apply -f tick.yaml && kubectl label cm tick n=$RANDOM && kubectl delete cm tick",
    out: /^EVENT +NAME +DATA +AGE\n(.*\n)*ADDED +tick +1 +\d+s\nMODIFIED +tick +1 +\d+s\nDELETED +tick +1 +\d+s/,
  },
  { run: "kubectl get svc api -w -o name", meanwhile: "kubectl label --overwrite svc api n=$RANDOM", out: /^service\/api\nservice\/api/ },
  {
    run: "kubectl get cm -l watched -w -o jsonpath='{.metadata.name} {.metadata.labels.watched}{\"\\n\"}'",
    meanwhile: "kubectl label --overwrite cm m3 watched=$RANDOM && kubectl label --overwrite cm m4 other=$RANDOM",
    out: /^m3 \d+\nm3 \d+$/m,
  },
  { run: "kubectl get svc -w --request-timeout=1s", out: /^NAME .*\napi / },
]);
