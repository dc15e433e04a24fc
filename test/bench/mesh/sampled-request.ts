/** A trace that has begun: where few requests go through a pair, one in a hundred may be none. */
const SAMPLED = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/** One request through a pair, so that its features can be seen to act. */
export async function askSampled(port: number, path: string): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { traceparent: SAMPLED } });
  await response.arrayBuffer();
}
