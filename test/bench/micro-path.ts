import { comparisonForm } from "../../src/match/comparison.ts";
import { canonicalPath, readTarget, TargetParts } from "../../src/match/path.ts";
import { micro } from "./micro.ts";

const parts = new TargetParts();
/** Several of each, so that nothing is folded into a constant. */
const many = (template: string): string[] => Array.from({ length: 64 }, (_, index) => template.replace("#", String(index)));
const plain = many("/api/v1/items/#/details");
const query = many("/api/v1/items/#?sort=asc&limit=10");
const encoded = many("/api/v1/caf%C3%A9/#");
const dots = many("/api/./v1/../v2/#");

micro("canonical path, ordinary, 26 characters", (index) => canonicalPath(plain[index & 63] as string));
micro("target with query, ordinary", (index) => readTarget(query[index & 63] as string, parts));
micro("canonical path, encoded UTF-8", (index) => canonicalPath(encoded[index & 63] as string), 200_000);
micro("canonical path, dot segments", (index) => canonicalPath(dots[index & 63] as string), 200_000);
micro("comparison form, ordinary", (index) => comparisonForm(plain[index & 63] as string));
