import type { CommandEntry, CommandGroup } from "./entry.ts";

/** What the first word of a two-word command stands for. */
export const NOUNS: Readonly<Record<string, { readonly summary: string; readonly group: CommandGroup }>> = Object.freeze({
  local: { summary: "start, stop and look at the control plane on this machine", group: "Mesh on this machine" },
  route: { summary: "split a service's traffic among its versions", group: "Traffic" },
  fault: { summary: "break or delay requests on purpose", group: "Traffic" },
  trace: { summary: "requests on their way through the mesh", group: "Watch and diagnose" },
  revision: { summary: "control planes beside each other on a cluster", group: "Kubernetes" },
  cert: { summary: "certificates: see, rotate and issue them", group: "Identity" },
});

/** Every command, in the order help shows them. Adding one is a file and a line here. */
export const COMMANDS: readonly CommandEntry[] = Object.freeze([
  command("install", "Mesh on this machine", "start a control plane in the background", () => import("./commands/install.ts")),
  command("uninstall", "Mesh on this machine", "end it and take its state away", () => import("./commands/uninstall.ts")),
  command("run", "Mesh on this machine", "run a program as a workload of the mesh", () => import("./commands/run.ts")),
  command("demo", "Mesh on this machine", "play the guided tour, on real processes", () => import("./commands/demo.ts")),
  command("local start", "Mesh on this machine", "start the control plane again", () => import("./commands/local/start.ts")),
  command("local stop", "Mesh on this machine", "stop the control plane, keep its state", () => import("./commands/local/stop.ts")),
  command(
    "local status",
    "Mesh on this machine",
    "say whether it runs and what runs beside it",
    () => import("./commands/local/status.ts"),
  ),
  command("local logs", "Mesh on this machine", "print the controller's log", () => import("./commands/local/logs.ts")),

  command("inject", "Kubernetes", "add the sidecar to the pods of manifests", () => import("./commands/inject.ts")),
  command("uninject", "Kubernetes", "take it out of them again", () => import("./commands/uninject.ts")),

  command(
    "upgrade",
    "Kubernetes",
    "bring a cluster's control plane to this version or other values",
    () => import("./commands/upgrade.ts"),
  ),
  command("revision list", "Kubernetes", "list the control planes of a cluster", () => import("./commands/revision/list.ts")),
  command("revision tag", "Kubernetes", "give a revision a name for namespaces to carry", () => import("./commands/revision/tag.ts")),
  command("revision promote", "Kubernetes", "make a revision the default", () => import("./commands/revision/promote.ts")),
  command("revision remove", "Kubernetes", "take a revision away", () => import("./commands/revision/remove.ts")),

  command("get", "Resources", "list objects", () => import("./commands/get.ts")),
  command("describe", "Resources", "show everything about an object", () => import("./commands/describe.ts")),
  command("apply", "Resources", "bring objects to what files say, all or nothing", () => import("./commands/apply.ts")),
  command("delete", "Resources", "delete objects", () => import("./commands/delete.ts")),
  command("edit", "Resources", "change objects in an editor", () => import("./commands/edit.ts")),
  command("label", "Resources", "set and take out labels of objects", () => import("./commands/label.ts")),
  command("annotate", "Resources", "set and take out annotations of objects", () => import("./commands/annotate.ts")),
  command("wait", "Resources", "wait until objects are as they should be", () => import("./commands/wait.ts")),
  command("diff", "Resources", "show what apply would change", () => import("./commands/diff.ts")),
  command("explain", "Resources", "say what a kind's fields mean", () => import("./commands/explain.ts")),
  command("api-resources", "Resources", "list the kinds", () => import("./commands/api-resources.ts")),

  command("route split", "Traffic", "set how much traffic each version of a service gets", () => import("./commands/route/split.ts")),
  command("route list", "Traffic", "list routes and where they send traffic", () => import("./commands/route/list.ts")),
  command("fault abort", "Traffic", "answer a share of requests with an error", () => import("./commands/fault/abort.ts")),
  command("fault delay", "Traffic", "hold a share of requests back", () => import("./commands/fault/delay.ts")),
  command("fault clear", "Traffic", "end the faults of a target", () => import("./commands/fault/clear.ts")),
  command("fault list", "Traffic", "list faults", () => import("./commands/fault/list.ts")),

  command("check", "Watch and diagnose", "say whether everything is as it should be", () => import("./commands/check.ts")),
  command(
    "proxy-status",
    "Watch and diagnose",
    "show what each proxy has of its configuration",
    () => import("./commands/proxy-status.ts"),
    ["ps"],
  ),
  command("stat", "Watch and diagnose", "show rates, success and latencies of traffic", () => import("./commands/stat.ts")),
  command("tap", "Watch and diagnose", "watch requests as they end", () => import("./commands/tap.ts")),
  command("trace list", "Watch and diagnose", "list traces of requests", () => import("./commands/trace/list.ts")),
  command("trace show", "Watch and diagnose", "draw where a request went and what took how long", () => import("./commands/trace/show.ts")),

  command("cert status", "Identity", "show root, issuer and how many certificates live", () => import("./commands/cert/status.ts")),
  command("cert list", "Identity", "list the certificates that were issued", () => import("./commands/cert/list.ts")),
  command("cert inspect", "Identity", "show the certificate of a workload, or in a file", () => import("./commands/cert/inspect.ts")),
  command("cert rotate", "Identity", "renew certificates or the issuer now", () => import("./commands/cert/rotate.ts")),
  command("cert issue", "Identity", "get a certificate for a client outside the mesh", () => import("./commands/cert/issue.ts")),

  command("kubeconfig", "Other", "print a kubeconfig, so that kubectl works on the mesh", () => import("./commands/kubeconfig.ts")),
  command("completion", "Other", "print a shell's completion script", () => import("./commands/completion.ts")),
  command("version", "Other", "print the versions of this program and of the controller", () => import("./commands/version.ts")),

  // For programs, not for people.
  command("credential", undefined, "print a credential for kubectl", () => import("./commands/credential.ts")),
  command("complete", undefined, "print what could stand at the end of a command line", async () => {
    const { completeCommand } = await import("./commands/complete.ts");
    return { command: completeCommand(COMMANDS, NOUNS) };
  }),
]);

function command(
  words: string,
  group: CommandGroup | undefined,
  summary: string,
  load: CommandEntry["load"],
  aliases: readonly string[] = [],
): CommandEntry {
  return Object.freeze({ words: Object.freeze(words.split(" ")), summary, load, aliases, ...(group === undefined ? {} : { group }) });
}
