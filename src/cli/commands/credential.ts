import { EXIT, UserError } from "../../lib/errors.ts";
import { defineCommand } from "../command.ts";
import type { Context } from "../context.ts";

const API_VERSION = "client.authentication.k8s.io/v1";

export const command = defineCommand<object>({
  description: "Prints an ExecCredential with the token of the mesh's context: what `meshctl kubeconfig` tells kubectl to run.",
  examples: [{ line: "meshctl credential", text: "As kubectl calls it" }],
  run,
});

/** https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins */
async function run(context: Context): Promise<void> {
  const { context: mesh, token } = await context.target();
  if (token === "") {
    throw new UserError(`context ${mesh.name} names no token`, {
      hint: "`meshctl install --local` writes one.",
      exitCode: EXIT.UNREACHABLE,
    });
  }
  context.print(JSON.stringify({ apiVersion: API_VERSION, kind: "ExecCredential", status: { token } }));
}
