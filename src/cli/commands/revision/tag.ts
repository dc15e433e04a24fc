import { EXIT, UserError } from "../../../lib/errors.ts";
import { defineCommand } from "../../command.ts";
import type { Context } from "../../context.ts";
import { CARRY_OUT_OPTIONS, type CarryOutOptions } from "../../install/carry-out.ts";
import { type ClusterOptions, KUBECONFIG, withCluster } from "../../install/cluster.ts";
import { parseRevision } from "../../install/options.ts";
import { removeTag, setTag } from "../../install/revisions.ts";

interface TagOptions extends ClusterOptions, CarryOutOptions {
  readonly to?: string;
  readonly remove?: boolean;
}

export const command = defineCommand<TagOptions>({
  description:
    "Gives a revision another name for namespaces to carry: `meshctl.dev/revision: stable`. Pointed elsewhere, new pods of those " +
    "namespaces get sidecars of the other revision, and no label changes.",
  arguments: [{ syntax: "<tag>", description: "the name" }],
  options: [
    { flags: "--to <revision>", description: "which revision", parse: parseRevision },
    { flags: "--remove", description: "take the tag away" },
    KUBECONFIG,
    ...CARRY_OUT_OPTIONS.filter(({ flags }) => flags.startsWith("--timeout")),
  ],
  examples: [
    { line: "meshctl revision tag stable --to canary", text: "Namespaces with that label go to canary from now on" },
    { line: "meshctl revision tag stable --remove", text: "No longer" },
  ],
  run,
});

async function run(context: Context, options: TagOptions, tag: string): Promise<number> {
  const { to } = options;
  if (parseRevision(tag) === "")
    throw new UserError("default is no tag: meshctl revision promote says where it leads", { exitCode: EXIT.USAGE });
  if ((to === undefined) === (options.remove === undefined)) throw new UserError("say --to REVISION or --remove", { exitCode: EXIT.USAGE });
  return withCluster(context, options, async (client) => {
    if (to === undefined) {
      const found = await removeTag(client, tag);
      context.print(found ? `tag ${tag} removed` : `there is no tag ${tag}`);
      return found ? EXIT.OK : EXIT.NOT_FINE;
    }
    await setTag(context, client, tag, to, options);
    context.print(`tag ${tag} leads to ${to || "default"}`);
    return EXIT.OK;
  });
}
