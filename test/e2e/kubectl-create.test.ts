import { APP, configMap, fault, service } from "../support/kubectl/manifests.ts";
import { kubectlTable } from "../support/kubectl/table.ts";

const files = {
  "app.yaml": APP,
  "cm.yaml": configMap("made"),
  "generated.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: gen-, labels: {generated: 'yes'}}\ndata: {a: b}\n",
  "fault.yaml": fault("200ms"),
  "service.yaml": service(80),
  "misspelt.yaml": service(80).replace("port:", "prot: x, port:"),
  "wrong.yaml": fault("soon"),
  "elsewhere.yaml": configMap("x").replace("name: x", "name: x, namespace: nowhere"),
  "badname.yaml": configMap("Not_A_Name"),
  "broken.yaml": "a: [1,\n",
  "nokind.yaml": "apiVersion: meshctl.dev/v1alpha1\nkind: Nonsense\nmetadata: {name: x}\n",
};

kubectlTable("kubectl create, replace, dry runs", { files }, [
  // create
  { run: "kubectl create -f app.yaml --dry-run=client -o name", out: /^service\/api\n/ },
  {
    run: "kubectl create -f app.yaml --dry-run=server",
    out: /^service\/api created \(server dry run\)\n(.* created \(server dry run\)\n?){3}$/,
  },
  { run: "kubectl get svc,cm", err: "No resources found in $NS namespace." },
  { run: "kubectl create -f cm.yaml", out: "configmap/made created" },
  {
    run: "kubectl create -f cm.yaml",
    exit: 1,
    err: 'Error from server (AlreadyExists): error when creating "cm.yaml": configmaps "made" already exists',
  },
  {
    run: "kubectl create -f generated.yaml && kubectl create -f generated.yaml",
    out: /^configmap\/gen-[a-z0-9]{5} created\nconfigmap\/gen-[a-z0-9]{5} created$/,
  },
  { run: "kubectl get cm -l generated -o name | sort -u | wc -l", out: "2" },
  { run: "kubectl apply -f generated.yaml", exit: 1, err: "error: from gen-: cannot use generate name with apply" },
  { run: "kubectl create -f app.yaml --save-config", out: /^service\/api created\n/ },
  { run: "kubectl apply view-last-applied svc/api", out: /appProtocol: http\n/ },
  {
    run: "kubectl create -f fault.yaml -o jsonpath='{.metadata.generation} {.spec.rules[0].delay.fixed}'",
    exit: 1,
    err: /faultinjections\.meshctl\.dev "slow" already exists/,
  },

  // Commands that make one object speak protobuf from 1.32 on
  { run: "kubectl create namespace $NS-new", to: 31, out: "namespace/$NS-new created" },
  { run: "kubectl create cm typed --from-literal=a=1", to: 31, out: "configmap/typed created" },
  {
    run: "kubectl create namespace $NS-new",
    from: 32,
    exit: 1,
    err: /UnsupportedMediaType.*protobuf.*--dry-run=client -o yaml \| kubectl create -f -/,
  },
  { run: "kubectl create cm typed --from-literal=a=1", from: 32, exit: 1, err: /failed to create configmap:.*protobuf/ },
  { run: "kubectl create namespace $NS-new --dry-run=client -o yaml | kubectl create -f -", from: 32, out: "namespace/$NS-new created" },
  {
    run: "kubectl create cm typed --from-literal=a=1 --dry-run=client -o yaml | kubectl apply -f -",
    from: 32,
    out: "configmap/typed created",
  },
  { run: "kubectl create deployment web --image=web --dry-run=client -o yaml | kubectl create -f -", out: "deployment.apps/web created" },
  { run: "kubectl create secret generic s --from-literal=a=b --dry-run=client -o yaml | kubectl create -f -", out: "secret/s created" },
  { run: "kubectl get secret s -o jsonpath='{.data.a} {.type}'", out: /^Yg==/ },
  { run: "kubectl delete namespace $NS-new", out: /namespace "$NS-new" deleted/ },
  { run: "kubectl run p --image=x", out: "pod/p created" },

  // What is refused, and how
  { run: "kubectl create -f misspelt.yaml", exit: 1, err: /strict decoding error: unknown field "spec\.ports\[0\]\.prot"/ },
  {
    run: "kubectl apply --validate=warn -f misspelt.yaml",
    out: "service/api configured",
    err: /Warning: unknown field "spec\.ports\[0\]\.prot"/,
  },
  { run: "kubectl create -f wrong.yaml", exit: 1, err: /The FaultInjection "slow" is invalid: spec\.rules\[0\]\.delay\.fixed: / },
  {
    run: "kubectl create -f elsewhere.yaml",
    exit: 1,
    err: 'Error from server (NotFound): error when creating "elsewhere.yaml": namespaces "nowhere" not found',
  },
  { run: "kubectl create -f badname.yaml", exit: 1, err: /The ConfigMap "Not_A_Name" is invalid: metadata\.name: / },
  { run: "kubectl create -f broken.yaml", exit: 1, err: /error parsing broken\.yaml: error converting YAML to JSON/ },
  { run: "kubectl create -f nokind.yaml", exit: 1, err: /no matches for kind "Nonsense" in version "meshctl\.dev\/v1alpha1"/ },
  { run: "kubectl create -f nowhere.yaml", exit: 1, err: 'error: the path "nowhere.yaml" does not exist' },

  // replace
  { run: "sed 's/a: b/a: c/' cm.yaml | kubectl replace -f -", out: "configmap/made replaced" },
  { run: "kubectl get cm made -o jsonpath='{.data.a}'", out: "c" },
  { run: "kubectl get cm made -o yaml > stale.yaml && kubectl label cm made changed=yes", out: "configmap/made labeled" },
  {
    run: "kubectl replace -f stale.yaml",
    exit: 1,
    err: /\(Conflict\): error when replacing "stale\.yaml": Operation cannot be fulfilled on configmaps "made": the object has been modified/,
  },
  { run: "kubectl get cm made -o yaml | kubectl replace --dry-run=server -f -", out: "configmap/made replaced (server dry run)" },
  { run: "kubectl replace --force -f cm.yaml", out: 'configmap "made" deleted\nconfigmap/made replaced' },
  { run: "kubectl get cm made -o jsonpath='{.data.a} {.metadata.labels}'", out: "b " },
  { run: "kubectl replace -f fault.yaml", out: "faultinjection.meshctl.dev/slow replaced" },
  { run: "sed 's/name: made/name: absent/' cm.yaml | kubectl replace -f -", exit: 1, err: /configmaps "absent" not found/ },
]);
