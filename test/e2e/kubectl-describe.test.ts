import { APP } from "../support/kubectl/manifests.ts";
import { kubectlTable } from "../support/kubectl/table.ts";

const event = `apiVersion: v1
kind: Event
metadata: {name: api.1}
type: Warning
reason: Hurt
message: it hurt
count: 2
firstTimestamp: 2026-01-01T00:00:00Z
lastTimestamp: 2026-01-01T00:00:00Z
involvedObject: {apiVersion: v1, kind: Service, name: api, namespace: NAMESPACE, uid: UID}
`;

kubectlTable("kubectl describe, explain, and what the server says about itself", { files: { "app.yaml": APP, "event.yaml": event } }, [
  { run: "kubectl apply -f app.yaml", out: /created/ },
  { run: "kubectl wait --for=condition=Accepted fi/slow", out: /condition met/ },

  // describe
  {
    run: "kubectl describe svc api",
    out: /^Name: +api\nNamespace: +$NS\nLabels: +app=api\n(.*\n)*Port: +http +80\/TCP\n(.*\n)*Events: +<none>$/,
  },
  { run: "kubectl describe httproute/api-split", out: /Spec:\n(.*\n)* +Backend Refs:\n(.*\n)* +Weight: +90\n(.*\n)* +Weight: +10\n/ },
  {
    run: "kubectl describe fi -l app=api",
    out: /^Name: +slow\n(.*\n)* +Fixed: +200ms\n(.*\n)*Status:\n +Conditions:\n(.*\n)* +Type: +Accepted\n/,
  },
  { run: "kubectl describe cm settings", out: /Data\n====\na:\n----\nb\n/ },
  { run: "kubectl describe svc ap", out: /^Name: +api\n/ },
  { run: "kubectl describe svc nope", exit: 1, err: 'Error from server (NotFound): services "nope" not found' },
  { run: "kubectl describe ns $NS", out: /^Name: +$NS\nLabels: +kubernetes\.io\/metadata\.name=$NS\n(.*\n)*Status: +Active\n/ },
  { run: "kubectl describe -f app.yaml | grep -c ^Name:", out: "4" },

  // events
  { run: "kubectl get events", err: "No resources found in $NS namespace." },
  { run: "kubectl events", err: "No events found in $NS namespace." },
  {
    run: 'sed "s/NAMESPACE/$NS/; s/UID/$(kubectl get svc api -o jsonpath={.metadata.uid})/" event.yaml | kubectl create -f -',
    out: "event/api.1 created",
  },
  { run: "kubectl events --for svc/api", out: /^LAST SEEN +TYPE +REASON +OBJECT +MESSAGE\n.* Warning +Hurt +Service\/api +it hurt$/ },
  { run: "kubectl describe svc api | tail -5", out: /Events:\n +Type +Reason +Age +From +Message\n.*\n +Warning +Hurt .*it hurt/ },
  { run: "kubectl get events --field-selector involvedObject.name=api,involvedObject.kind=Service -o name", out: "event/api.1" },
  { run: "kubectl get events --field-selector involvedObject.name=other -o name" },

  // explain
  { run: "kubectl explain svc", out: /^KIND: +Service\nVERSION: +v1\n/ },
  {
    run: "kubectl explain fault.spec.rules.delay",
    out: /FIELD: delay <Object>\n(.*\n)*FIELDS:\n +fixed\t?\s*<string> -required-\n +How long/,
  },
  { run: "kubectl explain httproute.spec.rules.backendRefs.weight", out: /FIELD: weight <integer>\n(.*\n)+ +Share/ },
  {
    run: "kubectl explain fi --recursive",
    out: /FIELDS:\n(.*\n)* {2}spec\t<Object> -required-\n(.*\n)* {6}abort\t<Object>\n {8}httpStatus\t<integer>\n/,
  },
  {
    run: "kubectl explain wl --api-version=meshctl.dev/v1alpha1 | head -3",
    out: ["GROUP: meshctl.dev", "KIND: Workload", "VERSION: v1alpha1"],
  },
  { run: "kubectl explain svc.metadata.ownerReferences.uid", out: /FIELD: uid <string>/ },
  { run: "kubectl explain fi.metadata", out: / {2}labels\t<map\[string\]string>\n/ },
  { run: "kubectl explain fi.spec.nope", exit: 1, out: /GROUP/, err: 'error: field "nope" does not exist' },
  { run: "kubectl explain nonsense", exit: 1, err: /the server doesn't have a resource type "nonsense"/ },

  // api-resources, api-versions
  {
    run: "kubectl api-resources --api-group=meshctl.dev",
    out: /^NAME +SHORTNAMES +APIVERSION +NAMESPACED +KIND\n(.*\n)*workloads +wl +meshctl\.dev\/v1alpha1 +true +Workload$/,
  },
  { run: "kubectl api-resources --categories=mesh -o name", out: /^httproutes\.gateway\.networking\.k8s\.io$/m },
  { run: "kubectl api-resources --namespaced=false -o name", out: /^namespaces\n(.*\n)*meshconfigs\.meshctl\.dev/ },
  { run: "kubectl api-resources --verbs=list,watch,deletecollection -o name", out: /^services\n/m },
  {
    run: "kubectl api-resources -o wide --no-headers --api-group=gateway.networking.k8s.io",
    out: /HTTPRoute +create,delete,deletecollection,get,list,patch,update,watch/,
  },
  {
    run: "kubectl api-versions",
    out: /^apps\/v1\n(.*\n)*gateway\.networking\.k8s\.io\/v1\n(.*\n)*gateway\.networking\.k8s\.io\/v1beta1\n(.*\n)*v1$/m,
  },

  // version, cluster-info
  { run: "kubectl version -o json 2>/dev/null | grep -A2 serverVersion", out: /"major": "1",\n +"minor": "32"/ },
  { run: "kubectl cluster-info", out: /control plane.* is running at .*https:\/\/127\.0\.0\.1:\d+/ },
  { run: "kubectl config view --minify -o jsonpath={..namespace}", out: "$NS" },

  // auth
  { run: "kubectl auth can-i delete httproutes", out: "yes" },
  { run: "kubectl auth can-i '*' '*' --all-namespaces", out: "yes" },
  { run: "kubectl auth can-i get svc --as=somebody", exit: 1, out: /^no/ },
  { run: "kubectl auth can-i --list | head -1", out: ["Resources Non-Resource URLs Resource Names Verbs"] },
  { run: "kubectl create sa builder --dry-run=client -o yaml | kubectl create -f -", out: "serviceaccount/builder created" },
  { run: "kubectl create token builder --duration=10m", out: /^ey[\w-]+\.ey[\w-]+\.[\w-]+$/ },
  { run: "kubectl auth whoami", from: 28, out: /^ATTRIBUTE +VALUE\nUsername +\S+/ },
]);
