import { BinaryWriter } from "@bufbuild/protobuf/wire";

/**
 * A DeltaDiscoveryResponse around resources that are already encoded: protobuf lets the parts of a
 * repeated field be written as they are. Field numbers: messages/proto/envoy/service/discovery/v3/ads.proto.
 */
export function encodeResponse(response: {
  readonly typeUrl: string;
  readonly nonce: string;
  readonly resources: readonly Uint8Array[];
  readonly removed: readonly string[];
}): Uint8Array {
  const writer = new BinaryWriter();
  for (const bytes of response.resources) writer.uint32((2 << 3) | 2).bytes(bytes);
  writer.uint32((4 << 3) | 2).string(response.typeUrl);
  writer.uint32((5 << 3) | 2).string(response.nonce);
  for (const name of response.removed) writer.uint32((6 << 3) | 2).string(name);
  return writer.finish();
}
