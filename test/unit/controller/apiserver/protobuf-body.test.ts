import assert from "node:assert/strict";
import { test } from "node:test";
import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { decodeBody } from "../../../../src/controller/apiserver/body.ts";
import { decodeQuestion, PROTOBUF } from "../../../../src/controller/apiserver/protobuf-body.ts";
import { HttpError } from "../../../../src/controller/http.ts";

/** `k8s`, a zero byte, and runtime.Unknown around an object whose spec `write` fills. */
function message(kind: string, write: (spec: BinaryWriter) => void = () => {}): Buffer {
  const object = new BinaryWriter().tag(1, 2).fork().tag(1, 2).string("").join().tag(2, 2).fork();
  write(object);
  const raw = object.join().finish();
  const unknown = new BinaryWriter().tag(1, 2).fork().tag(1, 2).string("v1").tag(2, 2).string(kind).join().tag(2, 2).bytes(raw);
  return Buffer.concat([Buffer.from("k8s\0"), unknown.finish()]);
}

function status(body: () => unknown): number {
  try {
    body();
  } catch (error) {
    if (error instanceof HttpError) return error.status;
    throw error;
  }
  return 200;
}

test("a question is read as its JSON would be", () => {
  const asked = message("SelfSubjectAccessReview", (spec) => {
    spec.tag(1, 2).fork().tag(1, 2).string("shop").tag(2, 2).string("get").tag(3, 2).string("").tag(5, 2).string("services").join();
  });
  const spec = { resourceAttributes: { namespace: "shop", verb: "get", resource: "services" } };
  assert.deepEqual(decodeQuestion(asked), { apiVersion: "v1", kind: "SelfSubjectAccessReview", metadata: {}, spec });
  const token = message("TokenRequest", (spec) => void spec.tag(1, 2).string("a").tag(1, 2).string("b").tag(4, 0).int64(600));
  assert.deepEqual(decodeQuestion(token)?.spec, { audiences: ["a", "b"], expirationSeconds: 600 });
});

test("other kinds are not read: 415 that says what to do", () => {
  assert.equal(decodeQuestion(message("Namespace")), null);
  assert.equal(decodeQuestion(message("toString")), null);
  assert.equal(
    status(() => decodeBody(message("Namespace"), PROTOBUF)),
    415,
  );
  assert.throws(() => decodeBody(message("Namespace"), PROTOBUF), /kubectl create \.\.\. --dry-run=client -o yaml \| kubectl create -f -/);
});

test("bytes that are no message are refused with 400; wherever a message is cut, nothing worse happens", () => {
  const whole = message("SelfSubjectAccessReview", (spec) => void spec.tag(2, 2).fork().tag(1, 2).string("/metrics").join());
  assert.equal(
    status(() => decodeBody(Buffer.from("{}"), PROTOBUF)),
    400,
  );
  assert.equal(
    status(() => decodeBody(Buffer.alloc(0), PROTOBUF)),
    400,
  );
  for (let length = 1; length < whole.length; length += 1) {
    assert.ok([200, 400, 415].includes(status(() => decodeBody(whole.subarray(0, length), PROTOBUF))), `${length} bytes`);
  }
  // A number where a message belongs, text that is not UTF-8, a length beyond the end.
  assert.equal(status(() => decodeBody(Buffer.from("6b3873000a020801", "hex"), PROTOBUF)) >= 400, true);
  assert.equal(
    status(() => decodeBody(Buffer.from("6b3873000a041202fffe", "hex"), PROTOBUF)),
    400,
  );
  assert.equal(
    status(() => decodeBody(Buffer.from("6b3873000aff01", "hex"), PROTOBUF)),
    400,
  );
});
