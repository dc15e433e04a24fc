/** test-service.proto for `@grpc/grpc-js`, with the types that the tests use. */
import { fileURLToPath } from "node:url";
import {
  type ChannelOptions,
  type ClientDuplexStream,
  type ClientReadableStream,
  type ClientUnaryCall,
  type ClientWritableStream,
  credentials,
  type Client,
  loadPackageDefinition,
  type Metadata,
  type ServiceClientConstructor,
  type ServiceError,
} from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

interface Payload {
  readonly body: Buffer;
}

interface EchoStatus {
  readonly code: number;
  readonly message: string;
}

export interface SimpleRequest {
  readonly responseSize?: number;
  readonly payload?: Payload | null;
  readonly responseStatus?: EchoStatus | null;
}

export interface SimpleResponse {
  readonly payload: Payload | null;
}

export interface StreamingOutputRequest {
  readonly responseParameters?: readonly { readonly size: number; readonly intervalUs?: number }[];
  readonly payload?: Payload | null;
  readonly responseStatus?: EchoStatus | null;
}

export interface StreamingInputResponse {
  readonly aggregatedPayloadSize: number;
}

type Done<T> = (error: ServiceError | null, answer?: T) => void;
type Unary<Request, Answer> = (request: Request, metadata: Metadata, options: { deadline?: number }, done: Done<Answer>) => ClientUnaryCall;

/** Calls with metadata and options spelled out: one form of each. */
export interface TestServiceClient extends Client {
  emptyCall: Unary<object, object>;
  unaryCall: Unary<SimpleRequest, SimpleResponse>;
  unimplementedCall: Unary<object, object>;
  streamingInputCall(
    metadata: Metadata,
    options: { deadline?: number },
    done: Done<StreamingInputResponse>,
  ): ClientWritableStream<{ payload: Payload }>;
  streamingOutputCall(
    request: StreamingOutputRequest,
    metadata: Metadata,
    options: { deadline?: number },
  ): ClientReadableStream<SimpleResponse>;
  fullDuplexCall(metadata: Metadata, options: { deadline?: number }): ClientDuplexStream<StreamingOutputRequest, SimpleResponse>;
}

interface Services {
  readonly TestService: ServiceClientConstructor;
  readonly UnimplementedService: ServiceClientConstructor;
}

const PROTO = fileURLToPath(new URL("test-service.proto", import.meta.url));
const loaded = loadPackageDefinition(loadSync(PROTO, { defaults: true, enums: String })) as unknown as {
  readonly grpc: { readonly testing: Services };
};

const { TestService, UnimplementedService } = loaded.grpc.testing;

/** What a server implements. */
export const TEST_SERVICE = TestService.service;

/** A client of 127.0.0.1:`port`, on a connection that no other client shares. */
export function testClient(port: number, options: ChannelOptions = {}): TestServiceClient {
  return new TestService(`127.0.0.1:${port}`, credentials.createInsecure(), {
    "grpc.use_local_subchannel_pool": 1,
    ...options,
  }) as unknown as TestServiceClient;
}

export function unimplementedClient(port: number): Pick<TestServiceClient, "unimplementedCall" | "close"> {
  return new UnimplementedService(`127.0.0.1:${port}`, credentials.createInsecure()) as unknown as TestServiceClient;
}
