import { metadataCommand } from "../metadata/command.ts";

export const command = metadataCommand({
  field: "annotations",
  one: "annotation",
  set: "annotated",
  unset: "annotated",
  description:
    "Sets annotations of objects with KEY=VALUE and takes them out with KEY-. One that has another value is changed with --overwrite only.",
  examples: [
    { line: "meshctl annotate httproute api-split why='half of v2 until Monday'", text: "Say why" },
    { line: "meshctl annotate faultinjections --all owner=oncall --overwrite", text: "Every fault" },
    { line: "meshctl annotate -f mesh.yaml reviewed-", text: "Take one out of what a file names" },
  ],
});
