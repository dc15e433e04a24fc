import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { GENERATED, TOUCH_BANS, type TouchBan } from "./architecture-rules.ts";
import type { Finding } from "./import-rules.ts";

/** Every place under `root`/src that touches what its file may not, or re-exports another file. */
export function sourceFindings(root: string): Finding[] {
  return readdirSync(join(root, "src"), { recursive: true })
    .map((name) => join("src", String(name)))
    .filter((path) => path.endsWith(".ts") && !GENERATED.test(path))
    .flatMap((path) => fileFindings(path, readFileSync(join(root, path), "utf8")));
}

function fileFindings(path: string, text: string): Finding[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.ES2023);
  const bans = TOUCH_BANS.filter((ban) => !ban.may.test(path));
  const findings: Finding[] = [];
  const report = (rule: string, node: ts.Node, what: string): void => {
    const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
    findings.push({ rule, where: `${path}:${line + 1} ${what}` });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isExportDeclaration(node) && node.moduleSpecifier) report("re-exports", node, node.getText(source));
    for (const touched of touchedBy(node, source)) {
      for (const ban of bans) if (forbids(ban, touched)) report(ban.name, node, touched);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return findings;
}

/** What one syntax node touches: `object.member`, `global()`, `module#name`, `new X()`. */
function touchedBy(node: ts.Node, source: ts.SourceFile): string[] {
  if (ts.isPropertyAccessExpression(node)) {
    const object = node.expression.getText(source).replace(/^globalThis\./, "");
    return object === "globalThis" ? [`${node.name.text}()`] : [`${object}.${node.name.text}`];
  }
  if (ts.isCallExpression(node) && ts.isIdentifier(node.expression)) return [`${node.expression.text}()`];
  if (ts.isNewExpression(node) && (node.arguments?.length ?? 0) === 0) return [`new ${node.expression.getText(source)}()`];
  if (ts.isVariableDeclaration(node) && ts.isObjectBindingPattern(node.name) && node.initializer && ts.isIdentifier(node.initializer)) {
    const object = node.initializer.text;
    return node.name.elements.map((element) => `${object}.${(element.propertyName ?? element.name).getText(source)}`);
  }
  if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) return importedBy(node, node.moduleSpecifier.text);
  return [];
}

function importedBy(node: ts.ImportDeclaration, specifier: string): string[] {
  const clause = node.importClause;
  if (clause === undefined || clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return [];
  const bindings = clause.namedBindings;
  const names = bindings !== undefined && ts.isNamedImports(bindings) ? bindings.elements.filter((element) => !element.isTypeOnly) : [];
  const object = specifier.replace(/^node:/, "");
  return [`node:${object}#*`, ...names.flatMap((element) => importNames(object, (element.propertyName ?? element.name).text))];
}

/** `import { env } from "node:process"` is `process.env` by another name. */
function importNames(object: string, name: string): string[] {
  return [`node:${object}#${name}`, `${object}.${name}`];
}

function forbids(ban: TouchBan, touched: string): boolean {
  return (
    (ban.members ?? []).includes(touched) ||
    (ban.globals ?? []).some((name) => touched === `${name}()`) ||
    (ban.imports ?? []).includes(touched) ||
    (ban.bareNew ?? []).some((name) => touched === `new ${name}()`)
  );
}
