import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startApi, type TestApi } from "../../../support/api.ts";
import { causesOf, crontabs, DEFINITIONS, expectStatus, send } from "./definitions.ts";

/** Rules of `x-kubernetes-validations` at several places of one kind. */
const SCHEMA = {
  type: "object",
  "x-kubernetes-validations": [{ rule: "self.metadata.name.startsWith('w')", message: "names begin with w" }],
  properties: {
    spec: {
      type: "object",
      "x-kubernetes-validations": [
        { rule: "self.min <= self.max", messageExpression: "'min ' + string(self.min) + ' is above max ' + string(self.max)" },
        { rule: "!has(self.size) || self.max < 100", message: "size needs a small max", fieldPath: ".size", reason: "FieldValueForbidden" },
      ],
      properties: {
        min: { type: "integer", default: 0 },
        max: { type: "integer", default: 10, "x-kubernetes-validations": [{ rule: "self >= oldSelf", message: "may only grow" }] },
        size: { type: "string", "x-kubernetes-validations": [{ rule: "quantity(self).isLessThan(quantity('1Gi'))", message: "too big" }] },
        "odd-name": { type: "string" },
        hosts: {
          type: "array",
          maxItems: 5000,
          items: { type: "string" },
          "x-kubernetes-validations": [
            { rule: "self.all(x, self.exists_one(y, x == y))", message: "hosts must differ" },
            { rule: "self.all(x, x.matches('^[a-z]+$'))", message: "hosts are lower case" },
          ],
        },
        ports: {
          type: "array",
          "x-kubernetes-list-type": "map",
          "x-kubernetes-list-map-keys": ["name"],
          items: {
            type: "object",
            required: ["name"],
            properties: {
              name: { type: "string" },
              port: { type: "integer", "x-kubernetes-validations": [{ rule: "self == oldSelf", message: "ports stay" }] },
            },
          },
        },
      },
    },
  },
};
const WIDGETS = "/apis/stable.example.com/v1/namespaces/default/widgets";

let api: TestApi;
before(async () => {
  api = await startApi();
  const definition = crontabs((spec) => {
    spec.names = { plural: "widgets", kind: "Widget" };
    spec.versions = [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: SCHEMA } }];
  });
  await expectStatus(201, send(api, "POST", DEFINITIONS, definition));
});
after(() => api.close());

const widget = (name: string, spec: object) => ({ metadata: { name }, spec });
const causes = async (spec: object, name = "w") => causesOf(await expectStatus(422, send(api, "POST", WIDGETS, widget(name, spec))));

test("a rule that does not hold is a cause at its place, with its message", async () => {
  assert.deepEqual(await causes({}, "other"), ['<nil>: Invalid value: "object": names begin with w'.replace("<nil>", "")]);
  assert.deepEqual(await causes({ min: 20 }), ['spec: Invalid value: "object": min 20 is above max 10']);
  assert.deepEqual(await causes({ max: 200, size: "1Mi" }), ["spec.size: Forbidden: size needs a small max"]);
  assert.deepEqual(await causes({ size: "2Gi" }), ['spec.size: Invalid value: "string": too big']);
  assert.deepEqual(await causes({ hosts: ["a", "b", "a"] }), ['spec.hosts: Invalid value: "array": hosts must differ']);
  assert.deepEqual(await causes({ hosts: ["A"] }), ['spec.hosts: Invalid value: "array": hosts are lower case']);
});

test("rules with oldSelf judge changes only, elements of map lists by their keys", async () => {
  const made = await expectStatus(
    201,
    send(
      api,
      "POST",
      WIDGETS,
      widget("wide", {
        max: 5,
        ports: [
          { name: "a", port: 1 },
          { name: "b", port: 2 },
        ],
      }),
    ),
  );
  const put = (spec: object) => send(api, "PUT", `${WIDGETS}/wide`, { ...made, spec });
  const shrunk = await expectStatus(422, put({ max: 4, ports: made.spec.ports }));
  assert.deepEqual(causesOf(shrunk), ['spec.max: Invalid value: "integer": may only grow']);
  const moved = await expectStatus(
    422,
    put({
      max: 5,
      ports: [
        { name: "b", port: 3 },
        { name: "a", port: 1 },
      ],
    }),
  );
  assert.deepEqual(causesOf(moved), ['spec.ports[0].port: Invalid value: "integer": ports stay']);
  await expectStatus(
    200,
    put({
      max: 6,
      ports: [
        { name: "b", port: 2 },
        { name: "c", port: 9 },
      ],
    }),
  );
});

test("loops in loops over a long list are refused, not walked", async () => {
  const hosts = Array.from({ length: 5000 }, (_, index) => `h${index}`);
  const [first = ""] = await causes({ hosts });
  assert.match(first, /^spec\.hosts: Invalid value: "array": validation failed due to running out of cost budget/);
});

test("a rule that needs functions this server has not is accepted with a warning", async () => {
  const definition = crontabs((spec) => {
    spec.names = { plural: "gadgets", kind: "Gadget" };
    const rule = "!format.dns1123Label().validate(self).hasValue()";
    const name = { type: "string", "x-kubernetes-validations": [{ rule }] };
    spec.versions = [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: { type: "object", properties: { name } } } }];
  });
  const answer = await send(api, "POST", DEFINITIONS, definition);
  assert.equal(answer.status, 201, answer.text);
  assert.match(String(answer.headers.warning), /x-kubernetes-validations\[0\]\.rule: this rule is not evaluated here/);
  await expectStatus(
    201,
    send(api, "POST", "/apis/stable.example.com/v1/namespaces/default/gadgets", { metadata: { name: "g" }, name: "x" }),
  );
});
