/** The resource API in a process of its own, as the controller has it: HTTPS, store on disk. Tells its parent where it is. */
import { startApi } from "../../support/api.ts";

const api = await startApi({ directory: process.argv[2] as string });
process.send?.({ url: api.url, caPem: api.caPem, token: api.token });
process.once("disconnect", () => process.exit(0));
