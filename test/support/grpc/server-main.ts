/** {@link GrpcTestServer} as a program of its own, for tests that kill it or want several: listens on PORT. */
import { GrpcTestServer } from "./server.ts";

const server = new GrpcTestServer();
await server.listen(Number(process.env.PORT));
console.log("listens");
