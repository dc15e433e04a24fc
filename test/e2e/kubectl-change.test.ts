import { APP } from "../support/kubectl/manifests.ts";
import { kubectlTable } from "../support/kubectl/table.ts";

const files = {
  "app.yaml": APP,
  "slower.sh": "#!/bin/sh\nsed -i 's/200ms/250ms/' \"$1\"\n",
  "nothing.sh": "#!/bin/sh\ntrue\n",
  "wrong.sh": "#!/bin/sh\ngrep -q 'fixed: soon' \"$1\" && exit 1\nsed -i 's/fixed: .*/fixed: soon/' \"$1\"\n",
  "patch.yaml": "spec: {ports: [{port: 83, name: from-file}]}\n",
};

const PORTS = "kubectl get svc api -o jsonpath='{.spec.ports[*].port}'";

kubectlTable("kubectl patch, label, annotate, edit", { files }, [
  { run: "kubectl apply -f app.yaml", out: /created/ },

  // patch
  { run: `kubectl patch svc api -p '{"spec":{"ports":[{"port":81,"name":"more"}]}}'`, out: "service/api patched" },
  { run: PORTS, out: /^(80 81|81 80)$/ },
  { run: `kubectl patch svc api --type=strategic -p '{"spec":{"ports":[{"port":81,"$patch":"delete"}]}}'`, out: "service/api patched" },
  { run: PORTS, out: "80" },
  { run: `kubectl patch svc api --type=merge -p '{"spec":{"ports":[{"port":82,"name":"only"}]}}'`, out: "service/api patched" },
  { run: PORTS, out: "82" },
  { run: `kubectl patch svc api --type=json -p '[{"op":"replace","path":"/spec/ports/0/port","value":83}]'`, out: "service/api patched" },
  { run: PORTS, out: "83" },
  { run: `kubectl patch svc api --type=json -p '[{"op":"test","path":"/spec/ports/0/port","value":9}]'`, exit: 1, err: /test/i },
  { run: `kubectl patch svc api --type=json -p '[{"op":"remove","path":"/spec/nope"}]'`, exit: 1, err: /path/ },
  { run: `kubectl patch svc api --type=merge -p '{"spec":{"ports":[{"port":83,"name":"only"}]}}'`, out: "service/api patched (no change)" },
  { run: "kubectl patch svc api --patch-file patch.yaml", out: /^service\/api patched/ },
  { run: `kubectl patch svc api --type=merge -p '{"spec":{"type":"Nope"}}'`, exit: 1, err: /The Service "api" is invalid: spec\.type: / },
  { run: `kubectl patch svc api --type=merge -p '{"metadata":{"name":"other"}}'`, exit: 1, err: /name/ },
  {
    run: `kubectl patch svc api --type=merge -p '{"metadata":{"resourceVersion":"1"}}'`,
    exit: 1,
    err: /Conflict.*the object has been modified/,
  },
  {
    run: `kubectl patch fi slow -p '{"metadata":{"labels":{"a":"b"}}}'`,
    exit: 1,
    err: /application\/strategic-merge-patch\+json is not supported by meshctl\.dev\/v1alpha1, Kind=FaultInjection/,
  },
  { run: `kubectl patch fi slow --type=merge -p '{"metadata":{"labels":{"a":"b"}}}'`, out: "faultinjection.meshctl.dev/slow patched" },
  {
    run: `kubectl patch fi slow --type=merge -p '{"spec":{"rules":"x"}}'`,
    exit: 1,
    err: /The FaultInjection "slow" is invalid: spec\.rules: /,
  },
  {
    run: `kubectl patch fi slow --subresource=status --type=merge -p '{"status":{"conditions":[]}}'`,
    out: /^faultinjection\.meshctl\.dev\/slow patched/,
    err: /^$|deprecated/i,
  },
  { run: `kubectl patch svc nope -p '{}'`, exit: 1, err: 'Error from server (NotFound): services "nope" not found' },
  { run: `kubectl patch svc api --dry-run=server --type=merge -p '{"metadata":{"labels":{"dry":"run"}}}'`, out: /^service\/api patched/ },
  {
    run: `kubectl patch svc api --dry-run=client --type=merge -p '{"metadata":{"labels":{"dry":"run"}}}' -o jsonpath={.metadata.labels.dry}`,
    out: "run",
  },
  { run: "kubectl get svc -l dry", err: "No resources found in $NS namespace." },

  // label
  { run: "kubectl label svc api tier=two", out: "service/api labeled" },
  { run: "kubectl label svc api tier=three", exit: 1, err: "error: 'tier' already has a value (two), and --overwrite is false" },
  { run: "kubectl label svc api tier=three --overwrite", out: "service/api labeled" },
  { run: "kubectl label svc api tier=three", out: "service/api not labeled" },
  { run: "kubectl label svc api --list | sort", out: ["app=api", "tier=three"] },
  { run: "kubectl label svc api tier-", out: "service/api unlabeled" },
  { run: "kubectl label svc api tier-", out: /service\/api not labeled$/ },
  { run: "kubectl label svc,fi -l app=api seen=yes", out: "service/api labeled\nfaultinjection.meshctl.dev/slow labeled" },
  { run: "kubectl label svc --all seen-", out: "service/api unlabeled" },
  { run: "kubectl label svc api 'bad key=1'", exit: 1, err: /metadata\.labels/ },
  { run: "kubectl label svc api dry=run --dry-run=server", out: "service/api labeled (server dry run)" },
  { run: "kubectl label svc api v=1 --resource-version=1", exit: 1, err: /Conflict/ },
  { run: "kubectl label -f app.yaml from=file", out: /^(\S+ labeled\n?){4}$/ },

  // annotate
  { run: "kubectl annotate svc api why=test", out: /^service\/api annotated?$/ },
  { run: "kubectl annotate svc api why=more", exit: 1, err: /'why' already has a value \(test\)/ },
  { run: "kubectl annotate svc api why=more --overwrite", out: /^service\/api annotated?$/ },
  { run: "kubectl get svc api -o jsonpath={.metadata.annotations.why}", out: "more" },
  { run: "kubectl annotate svc api why-", out: /^service\/api annotated?$/ },
  { run: "kubectl annotate fi --all note=all", out: /^faultinjection\.meshctl\.dev\/slow annotated?$/ },

  // edit
  { run: "KUBE_EDITOR=./slower.sh kubectl edit fi slow", out: "faultinjection.meshctl.dev/slow edited" },
  { run: "kubectl get fi slow -o jsonpath='{.spec.rules[0].delay.fixed}'", out: "250ms" },
  { run: "KUBE_EDITOR=./nothing.sh kubectl edit fi slow", err: "Edit cancelled, no changes made." },
  { run: "KUBE_EDITOR=./wrong.sh kubectl edit fi slow", exit: 1, err: /"slow" is invalid/ },
  { run: "KUBE_EDITOR=./slower.sh kubectl edit svc nope", exit: 1, err: 'Error from server (NotFound): services "nope" not found' },
  { run: "kubectl set selector svc api app=web", out: "service/api selector updated" },
]);
