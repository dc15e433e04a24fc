import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { KubeObject } from "../model/object.ts";
import { TEMPLATE_NAMES, type Templates } from "./templates.ts";

/** Reads templates/install of the package at `packageRoot`. */
export function readTemplates(packageRoot: string): Templates {
  const read = (name: string): KubeObject =>
    parse(readFileSync(join(packageRoot, "templates", "install", `${name}.yaml`), "utf8")) as KubeObject;
  return Object.freeze(Object.fromEntries(TEMPLATE_NAMES.map((name) => [name, read(name)]))) as Templates;
}
