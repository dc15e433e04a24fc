import type { ControllerRecord } from "../home/controller-file.ts";
import type { MeshContext } from "../home/contexts.ts";
import { withContext } from "../home/contexts.ts";
import { readContexts, writeContexts } from "../home/contexts-file.ts";
import type { HomeLayout } from "../home/layout.ts";

/** Name of the context of the mesh in this state directory. */
export const LOCAL_CONTEXT = "local";
/** Roots that the controller's own certificate chains to, kept current by it; below the state directory. */
export const CONTROLLER_CA_FILE = "local/ca/root.pem";

/** Writes the context of a controller that has just become healthy (its ports may be others than last time) and makes it the current one. */
export async function rememberContext(layout: HomeLayout, record: ControllerRecord): Promise<MeshContext> {
  const contexts = readContexts(layout);
  const known = contexts.contexts.find(({ name }) => name === LOCAL_CONTEXT);
  const context: MeshContext = {
    name: LOCAL_CONTEXT,
    platform: "local",
    server: `https://127.0.0.1:${record.httpsPort}`,
    certificateAuthority: CONTROLLER_CA_FILE,
    tokenFile: "local/credentials/admin.token",
    ...(known?.namespace === undefined ? {} : { namespace: known.namespace }),
  };
  await writeContexts(layout, withContext(contexts, context));
  return context;
}
