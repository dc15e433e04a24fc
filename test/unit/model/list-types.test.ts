import assert from "node:assert/strict";
import { test } from "node:test";
import * as z from "zod";
import { mapList, setList } from "../../../src/model/list-types.ts";
import { structuralSchemaOf } from "../../../src/model/structural-schema.ts";

const schema = z.strictObject({
  ports: mapList(
    ["port", "protocol"],
    z.array(z.strictObject({ port: z.int().describe("Number."), protocol: z.string().default("TCP").describe("Transport.") })),
  )
    .optional()
    .describe("What is offered."),
  names: setList(z.array(z.string())).describe("How it is called."),
});

test("list types stand in the structural schema beside the description, optional or not", () => {
  const { ports, names } = structuralSchemaOf(schema).properties ?? {};
  assert.equal(ports?.["x-kubernetes-list-type"], "map");
  assert.deepEqual(ports["x-kubernetes-list-map-keys"], ["port", "protocol"]);
  assert.equal(ports.description, "What is offered.");
  assert.equal(names?.["x-kubernetes-list-type"], "set");
});

test("no two entries of a map list have the same keys, defaults counted; no value of a set is there twice", () => {
  const problems = (value: unknown): string[] =>
    schema.safeParse(value).error?.issues.map(({ path, message }) => `${path}: ${message}`) ?? [];
  assert.deepEqual(problems({ ports: [{ port: 80 }, { port: 80, protocol: "UDP" }], names: ["a", "b"] }), []);
  assert.deepEqual(problems({ ports: [{ port: 80 }, { port: 80, protocol: "TCP" }], names: ["a", "a"] }), [
    "ports: two entries have the same port and protocol",
    "names: an entry stands there twice",
  ]);
});
