import { metadataCommand } from "../metadata/command.ts";

export const command = metadataCommand({
  field: "labels",
  one: "label",
  set: "labeled",
  unset: "unlabeled",
  description:
    "Sets labels of objects with KEY=VALUE and takes them out with KEY-. A label that has another value is changed with --overwrite only.",
  examples: [
    { line: "meshctl label service api tier=backend", text: "One label" },
    { line: "meshctl label svc/api httproute/api-split team=store tier- --overwrite", text: "Several objects, set and take out" },
    { line: "meshctl label services -l app=api seen=yes --dry-run", text: "By label, only to look" },
    { line: "meshctl label service api --list", text: "What it has" },
  ],
});
