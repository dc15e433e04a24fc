/** gRPC (de)serialisers that leave messages as they are: we encode and decode ourselves, once. */
export function takeBytes(message: Uint8Array): Buffer {
  return Buffer.isBuffer(message) ? message : Buffer.from(message.buffer, message.byteOffset, message.byteLength);
}
