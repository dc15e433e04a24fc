/** Body bytes kept back by this process: until a stream takes them, or for another try. Whoever keeps them adds and takes away. */
class HeldBytesCount {
  bytes = 0;
}

/** There is one memory. */
export const held = new HeldBytesCount();

export function bytesHeld(): number {
  return held.bytes;
}
