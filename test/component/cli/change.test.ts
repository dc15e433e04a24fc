/** label, annotate, edit and wait; output formats; delete that waits; server-side apply. */
import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type CliMesh, type CliOptions, startCliMesh } from "../../support/cli.ts";

const SERVICE = { group: "", version: "v1", kind: "Service", plural: "services", namespaced: true };
const FAULT = { group: "meshctl.dev", version: "v1alpha1", kind: "FaultInjection", plural: "faultinjections", namespaced: true };
const service = (name: string, port = 80): string =>
  `apiVersion: v1\nkind: Service\nmetadata: {name: ${name}, labels: {app: ${name}}}\nspec: {ports: [{port: ${port}}]}\n`;
const fault = (name: string, delay = "200ms"): string =>
  `apiVersion: meshctl.dev/v1alpha1\nkind: FaultInjection\nmetadata: {name: ${name}}\nspec:\n  targetRefs: [{group: "", kind: Service, name: api}]\n  rules:\n    - delay: {fixed: ${delay}}\n`;

let mesh: CliMesh;
before(async () => {
  mesh = await startCliMesh();
  await prints(["apply", "-f", "-"], /created/, { stdin: `${service("api")}---\n${service("web", 81)}---\n${fault("slow")}` });
});
after(() => mesh.close());

/** Exit code 0 and this on stdout. */
async function prints(argv: readonly string[], expected: RegExp | string, options: CliOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await mesh.cli(argv, options);
  assert.equal(code, 0, stdout + stderr);
  if (typeof expected === "string") assert.equal(stdout, expected);
  else assert.match(stdout, expected);
  return stdout;
}

/** That exit code and this on stderr. */
async function refuses(argv: readonly string[], exitCode: number, expected: RegExp, options: CliOptions = {}): Promise<void> {
  const { code, stderr } = await mesh.cli(argv, options);
  assert.match(stderr, expected);
  assert.equal(code, exitCode, stderr);
  assert.doesNotMatch(stderr, /\n {4}at /, "no stack trace");
}

describe("label and annotate", () => {
  it("set, change with --overwrite, and take out", async () => {
    await prints(["label", "svc", "api", "tier=one"], "service/api labeled\n");
    await prints(["label", "svc", "api", "tier=one"], "service/api not labeled\n");
    await refuses(
      ["label", "svc/api", "svc/web", "tier=two"],
      1,
      /another value already; nothing was labeled:\n {2}service\/api: tier is one\n.*--overwrite/,
    );
    await prints(["get", "svc", "-l", "tier", "-o", "name"], "service/api\n");
    await prints(["label", "svc/api", "svc/web", "tier=two", "--overwrite"], "service/api labeled\nservice/web labeled\n");
    await prints(["label", "svc", "--all", "tier-"], "service/api unlabeled\nservice/web unlabeled\n");
    await prints(["label", "svc", "api", "--list"], "app=api\n");
  });

  it("go by selector, by field and by file", async () => {
    await prints(["annotate", "svc", "-l", "app=web", "why=test"], "service/web annotated\n");
    await prints(["annotate", "svc", "--field-selector", "metadata.name=web", "why=more", "--overwrite", "-o", "name"], "service/web\n");
    const file = join(mesh.home, "web.yaml");
    writeFileSync(file, service("web", 81));
    await prints(["annotate", "-R", "-f", file, "why-"], "service/web annotated\n");
    await prints(["annotate", "svc", "web", "--list"], /^kubectl\.kubernetes\.io\/last-applied-configuration=/);
    await refuses(["annotate", "svc", "web", "a=b", "--resource-version", "1"], 4, /has been modified/);
    await prints(["annotate", "svc", "web", "a=b", "--dry-run"], "service/web annotated (dry run)\n");
    await prints(["annotate", "faultinjections", "--all", "-A", "owner=me", "-o", "json"], /"owner": "me"/);
    await prints(["label", "-f", file, "from=file"], "service/web labeled\n");
  });

  it("dry runs keep nothing", async () => {
    await prints(["label", "svc", "api", "dry=run", "--dry-run"], "service/api labeled (dry run)\n");
    await prints(["label", "--dry-run", "svc", "api", "dry=run", "-o", "yaml"], /dry: run/);
    await prints(["label", "--dry-run=client", "svc", "api", "dry=run", "-o", "yaml"], /dry: run/);
    await prints(["get", "svc", "-l", "dry", "-o", "name"], "");
  });

  it("say what is wrong", async () => {
    await refuses(["label", "svc", "api"], 2, /nothing to change\n +Write KEY=VALUE/);
    await refuses(["label", "svc", "tier=x"], 2, /which svc\?/);
    await refuses(["label", "tier=x"], 2, /which objects\?/);
    await refuses(["label", "svc", "api", "a=b", "web"], 2, /"web" is neither KEY=VALUE nor KEY-/);
    await refuses(["label", "svc", "api", "a=b", "a-"], 2, /a is said twice/);
    await refuses(["label", "svc", "none", "a=b"], 1, /"none" not found/);
    await refuses(["label", "svc", "api", "bad key=1"], 1, /metadata\.labels/);
    await refuses(["label", "svc", "api", "a=b", "--resource-version", "1"], 4, /has been modified/);
    await refuses(["label", "svc", "api", "a=b", "--dry-run=maybe"], 2, /none of server, client and none/);
  });
});

describe("edit", () => {
  const editor = (name: string, script: string): CliOptions => {
    const path = join(mesh.home, name);
    writeFileSync(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    return { env: { EDITOR: path } };
  };

  it("writes what was changed", async () => {
    await prints(["edit", "fault", "slow"], "faultinjection.meshctl.dev/slow edited\n", editor("slower", 'sed -i s/200ms/250ms/ "$1"'));
    await prints(["get", "fault", "slow", "-o", "jsonpath={.spec.rules[0].delay.fixed}"], "250ms");
  });

  it("takes editors with arguments, and several objects in one file", async () => {
    const { env } = editor("each", 'sed -i "s/app: /app: $1/" "$2"');
    await prints(["edit", "services", "-A", "-l", "app in (api,web)"], "service/api edited\nservice/web edited\n", {
      env: { EDITOR: `${env?.EDITOR} x` },
    });
    await prints(["get", "svc", "-L", "app", "--no-headers"], /xapi\n.*xweb\n/);
    await prints(["label", "svc", "--all", "app-"], /unlabeled/);
  });

  it("takes out what was taken out", async () => {
    await prints(["edit", "fault", "--field-selector", "metadata.name=slow"], /edited/, editor("without", 'sed -i "/owner: me/d" "$1"'));
    await prints(["get", "fault/slow", "-o", "jsonpath={.metadata.annotations.owner}"], "");
  });

  it("changes nothing where nothing was changed, or the file was emptied", async () => {
    for (const script of ["true", ': > "$1"']) {
      const { code, stdout, stderr } = await mesh.cli(["edit", "fault", "slow"], editor("nothing", script));
      assert.deepEqual([code, stdout, stderr], [0, "", "Nothing was changed.\n"]);
    }
  });

  it("shows what is wrong in the file, and keeps the text of who gives up", async () => {
    const seen = join(mesh.home, "seen");
    const options = editor("wrong", `cp "$1" ${seen}; sed -i 's/fixed: .*/fixed: soon/' "$1"`);
    const { code, stderr } = await mesh.cli(["edit", "fault", "slow"], options);
    assert.equal(code, 1, stderr);
    assert.match(readFileSync(seen, "utf8"), /# line:\d+:\d+: spec\.rules\[0\]\.delay\.fixed: /);
    assert.match(stderr, /still wrong; nothing was changed:\n {2}edit\.yaml:\d+:\d+: spec\.rules\[0\]\.delay\.fixed: /);
    const kept = /Your text is kept in (\S+)\.$/m.exec(stderr)?.[1] ?? "";
    assert.match(readFileSync(kept, "utf8"), /fixed: soon/);
    await prints(["get", "fault", "slow", "-o", "jsonpath={.spec.rules[0].delay.fixed}"], "250ms");
  });

  it("takes the text when the second attempt is right", async () => {
    const once = join(mesh.home, "once");
    const script = `if [ -e ${once} ]; then sed -i 's/fixed: soon/fixed: 300ms/' "$1"; else touch ${once}; sed -i 's/fixed: .*/fixed: soon/' "$1"; fi`;
    await prints(["edit", "fault", "slow"], /edited/, editor("second", script));
    assert.ok(existsSync(once));
    await prints(["get", "fault", "slow", "-o", "jsonpath={.spec.rules[0].delay.fixed}"], "300ms");
  });

  it("does not rename, and says when there is no editor or it fails", async () => {
    await refuses(
      ["edit", "fault", "slow"],
      1,
      /metadata\.name: is none of the objects/,
      editor("rename", 'sed -i "s/name: slow/name: fast/" "$1"'),
    );
    await refuses(["edit", "fault", "slow"], 1, /ended with exit code 3/, editor("fails", "exit 3"));
    await refuses(["edit", "fault", "slow"], 2, /no terminal to edit on\n +Set EDITOR/);
    await refuses(["edit", "fault", "none"], 1, /"none" not found/, editor("unused", "true"));
    await refuses(["edit", "-f", "nowhere.yaml", "-R"], 1, /nowhere\.yaml does not exist/, editor("unused", "true"));
  });
});

describe("wait", () => {
  const accepted = (status: "True" | "False", observedGeneration: number) => ({
    status: {
      conditions: [
        { type: "Accepted", status, reason: "Test", message: "said so", observedGeneration, lastTransitionTime: "2026-01-01T00:00:00Z" },
      ],
    },
  });
  const setStatus = (patch: object) => mesh.client.patch(FAULT, "slow", "default", patch, { subresource: "status" });

  it("sees a condition come true, for this generation", async () => {
    const { generation = 1 } = (await mesh.client.get(FAULT, "slow", "default")).metadata;
    await setStatus(accepted("True", generation - 1));
    await refuses(
      ["wait", "--for=condition=Accepted", "fault/slow", "--timeout", "0"],
      1,
      /slow: condition Accepted is about an older generation/,
    );
    await setStatus(accepted("False", generation));
    await refuses(["wait", "--for=condition=accepted", "fault/slow", "--timeout=50ms"], 1, /condition Accepted is False \(Test: said so\)/);
    await prints(["wait", "--for=condition=Accepted=False", "fault", "--all"], /condition met/);
    const waiting = prints(
      ["wait", "--for=condition=Accepted", "fault", "slow", "--timeout=20s"],
      "faultinjection.meshctl.dev/slow condition met\n",
    );
    await setStatus(accepted("True", generation));
    await waiting;
  });

  it("sees fields, objects that come and objects that go", async () => {
    await prints(["wait", "--for=jsonpath={.spec.rules[0].delay.fixed}=300ms", "fault", "-A", "-l", "!none"], /condition met/);
    await prints(["wait", "--for=jsonpath={.spec.ports[0].port}", "-f", "-"], /service\/api condition met/, { stdin: service("api") });
    await refuses(["wait", "--for=jsonpath={.spec.none}=1", "svc/api", "--timeout=0"], 1, /service\/api: \{\.spec\.none\} has no value/);
    const coming = prints(["wait", "--for=create", "svc/late", "--timeout=20s"], "service/late condition met\n");
    await mesh.client.create(SERVICE, {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "late", namespace: "default" },
      spec: { ports: [{ port: 1 }] },
    });
    await coming;
    const going = prints(["wait", "--for=delete", "svc/late", "--timeout=20s"], "service/late condition met\n");
    await mesh.client.delete(SERVICE, "late", "default");
    await going;
    await prints(["wait", "--for=delete", "svc", "--field-selector", "metadata.name=late"], "");
  });

  it("says what makes no sense", async () => {
    await refuses(["wait", "svc/api"], 2, /--for/);
    await refuses(["wait", "--for=nonsense", "svc/api"], 2, /nothing to wait for\n +Write condition=TYPE/);
    await refuses(["wait", "--for=condition=X", "svc"], 2, /which svc\?/);
    await refuses(["wait", "--for=condition=X", "svc", "none"], 1, /"none" not found/);
    await refuses(["wait", "--for=condition=X", "svc", "-l", "none=1", "-R"], 1, /no such objects/);
    await refuses(["wait", "--for=delete", "svc/api", "--timeout", "0"], 1, /service\/api: it is still there/);
  });
});

describe("delete waits", () => {
  const held = {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "held", namespace: "default", finalizers: ["example.com/hold"] },
    spec: { ports: [{ port: 1 }] },
  };

  it("until finalizers are taken off", async () => {
    await mesh.client.create(SERVICE, held);
    await prints(["delete", "svc", "held", "--wait=false"], 'service "held" deleted\n');
    await refuses(
      ["delete", "svc", "held", "--timeout", "50ms"],
      1,
      /timed out waiting.*:\n {2}service\/held: it is still there, held by example\.com\/hold/,
    );
    let patched: Promise<unknown> | undefined;
    await prints(["delete", "svc", "held", "--wait", "--timeout=20s"], 'service "held" deleted\n', {
      onOutput: () => void (patched ??= mesh.client.patch(SERVICE, "held", "default", { metadata: { finalizers: null } })),
    });
    await patched;
    await prints(["delete", "svc", "--field-selector", "metadata.name=held"], "");
    await prints(["delete", "svc", "api", "--dry-run=client"], 'service "api" deleted (dry run)\n');
  });
});

describe("apply and diff on the server's side", () => {
  it("share an object's fields among managers, and name who holds one", async () => {
    const file = (delay: string): CliOptions => ({ stdin: fault("shared", delay) });
    await prints(["apply", "--server-side", "-f", "-"], "faultinjection.meshctl.dev/shared serverside-applied\n", file("1s"));
    await prints(["diff", "--server-side", "-f", "-"], "", file("1s"));
    await refuses(
      ["apply", "--server-side", "--field-manager", "ci", "-f", "-"],
      1,
      /nothing was applied:\n {2}-:\d+:\d+: .*conflict.*meshctl/s,
      file("2s"),
    );
    await refuses(["diff", "--server-side", "--field-manager", "ci", "-f", "-"], 1, /conflict/, file("2s"));
    const forced = ["--server-side", "--field-manager", "ci", "--force-conflicts", "-f", "-"];
    const { code, stdout } = await mesh.cli(["diff", ...forced], file("2s"));
    assert.deepEqual([code, /^\+ +fixed: 2s$/m.test(stdout)], [1, true]);
    await prints(["apply", "--dry-run", ...forced], /serverside-applied \(dry run\)/, file("2s"));
    await prints(["get", "fault", "shared", "-o", "jsonpath={.spec.rules[0].delay.fixed}"], "1s");
    await prints(["apply", ...forced], /serverside-applied/, file("2s"));
    await prints(["get", "fault", "shared", "-o", "jsonpath={.spec.rules[0].delay.fixed}"], "2s");
    const yaml = ["get", "fault", "shared", "-o", "yaml"];
    assert.doesNotMatch((await mesh.cli(yaml)).stdout, /managedFields/);
    assert.match((await mesh.cli([...yaml, "--show-managed-fields"])).stdout, /manager: ci\n +operation: Apply/);
    await refuses(["apply", "--force-conflicts", "-f", "-"], 2, /go with --server-side/, file("1s"));
    await refuses(["diff", "--field-manager", "ci", "-f", "-"], 2, /go with --server-side/, file("1s"));
  });
});

describe("get prints", () => {
  it("JSONPath templates", async () => {
    await prints(["get", "svc", "api", "-o", "jsonpath={.metadata.name}:{.spec.ports[0].port}"], "api:80");
    await prints(
      ["get", "svc", "-o", 'jsonpath={range .items[*]}{.metadata.name}{"\\t"}{.spec.ports[*].port}{"\\n"}{end}'],
      "api\t80\nweb\t81\n",
    );
    await prints(["get", "svc", "-o", "jsonpath={.items[?(@.metadata.name=='web')].spec.ports[-1].port}"], "81");
    await prints(["get", "svc", "-o", "jsonpath={..port}"], "80 81");
    await prints(["get", "svc", "-o", "jsonpath={.items[*]['metadata.name','kind']}"], "Service Service");
    await refuses(["get", "svc", "-o", "jsonpath={.items[}"], 2, /JSONPath .* makes no sense at character \d+/);
    await refuses(["get", "svc", "-o", "jsonpath={range .items[*]}"], 2, /\{range\} without \{end\}/);
  });

  it("columns of one's own, labels, and another order", async () => {
    await prints(
      ["get", "svc", "-o", "custom-columns=WHO:.metadata.name,PORT:.spec.ports[0].port,NONE:.spec.none"],
      "WHO   PORT   NONE\napi   80     <none>\nweb   81     <none>\n",
    );
    await prints(["get", "svc", "--sort-by", ".spec.ports[0].port", "-o", "name"], "service/api\nservice/web\n");
    await prints(["get", "svc", "-L", "example.com/tier,from"], /^NAME .* AGE +TIER +FROM\n/);
    await refuses(["get", "svc", "-o", "custom-columns=NAME"], 2, /"NAME" is not a column/);
  });

  it("what a file names, and any path", async () => {
    await prints(["get", "-f", "-", "-o", "name"], "service/api\n", { stdin: service("api") });
    await prints(["get", "-R", "-f", "-", "--no-headers"], /^api /, { stdin: service("api") });
    await prints(["get", "--raw", "/version"], /"gitVersion": "v/);
    await refuses(["get", "--raw", "/nowhere"], 1, /not found/);
    await refuses(["get", "--raw", "nowhere"], 2, /not a path/);
  });

  it("changes only, with their kind", async () => {
    let step = 0;
    const change = async (): Promise<void> => {
      await mesh.cli(["label", "svc", "api", `n=${(step += 1)}`, "--overwrite"]);
    };
    void change();
    const ticking = setInterval(() => void change(), 100);
    const { code, stdout } = await mesh.cli(
      ["get", "svc", "--watch-only", "--output-watch-events", "-o", "custom-columns=N:.metadata.name"],
      {
        onOutput: (text, interrupt) => void (text.split("\n").length > 3 && interrupt("SIGINT")),
      },
    );
    clearInterval(ticking);
    assert.equal(code, 0);
    assert.match(stdout, /^EVENT +N\nMODIFIED +api\nMODIFIED +api\n/);
  });
});

describe("describe", () => {
  it("shows the events about an object, and those of its file", async () => {
    const event = (name: string, reason: string, uid: string): object => ({
      apiVersion: "v1",
      kind: "Event",
      metadata: { name, namespace: "default" },
      type: "Warning",
      reason,
      message: "it hurt",
      count: 3,
      lastTimestamp: "2026-01-01T00:00:00Z",
      source: { component: "doctor" },
      involvedObject: { kind: "Service", name: "api", namespace: "default", uid },
    });
    const kind = { group: "", version: "v1", kind: "Event", plural: "events", namespaced: true };
    const { uid = "" } = (await mesh.client.get(SERVICE, "api", "default")).metadata;
    await mesh.client.create(kind, event("api.1", "Hurt", uid) as never);
    await mesh.client.create(kind, event("api.0", "Older", "of-another-object") as never);
    const text = await prints(
      ["describe", "-f", "-", "-R"],
      /Events:\n {2}TYPE +REASON +AGE +FROM +MESSAGE\n {2}Warning +Hurt +\S+ \(x3\) +doctor +it hurt\n$/,
      { stdin: service("api") },
    );
    assert.doesNotMatch(text, /Older/);
    await prints(["describe", "svc", "--field-selector", "metadata.name=web"], /Name: +web\n(.*\n)*Events: +<none>\n$/);
  });
});
