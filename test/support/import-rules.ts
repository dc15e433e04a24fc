import { cruise, type IForbiddenRuleType, type IReporterOutput } from "dependency-cruiser";
import { FLOORS, IMPORT_BANS } from "./architecture-rules.ts";

export interface Finding {
  readonly rule: string;
  /** `importing file → imported`, or `file:line what`. */
  readonly where: string;
}

function floorRules(): IForbiddenRuleType[] {
  return FLOORS.flatMap((folders, floor) =>
    folders.map((folder) => {
      const others = FLOORS.slice(floor)
        .flat()
        .filter((other) => other !== folder);
      return { name: "floors", severity: "error" as const, from: { path: `^src/${folder}/` }, to: { path: `^src/(${others.join("|")})/` } };
    }),
  );
}

function banRules(): IForbiddenRuleType[] {
  return IMPORT_BANS.map((ban) => ({
    name: ban.name,
    severity: "error" as const,
    from: { path: ban.from },
    to: {
      path: ban.to,
      ...(ban.toNot ? { pathNot: ban.toNot } : {}),
      ...(ban.typesAllowed ? { dependencyTypesNot: ["type-only" as const] } : {}),
    },
  }));
}

const IN_KNOWN_FOLDER = new RegExp(`^src/(${FLOORS.flat().join("|")})/`);

const FORBIDDEN: IForbiddenRuleType[] = [
  ...floorRules(),
  ...banRules(),
  // Imports of types alone vanish in the build: a cycle counts when it exists at run time.
  { name: "cycles", severity: "error", from: { path: "^src/" }, to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } } },
  { name: "unresolved", severity: "error", from: { path: "^src/" }, to: { couldNotResolve: true, path: "^\\." } },
];

/** Every import under `root`/src that breaks a rule; imports of types count too, but for cycles. */
export async function importFindings(root: string): Promise<Finding[]> {
  const result: IReporterOutput = await cruise(["src"], {
    baseDir: root,
    ruleSet: { forbidden: FORBIDDEN },
    validate: true,
    tsPreCompilationDeps: true,
    moduleSystems: ["es6"],
    doNotFollow: { path: "node_modules" },
  });
  if (typeof result.output === "string") throw new Error("no structured result");
  const homeless = result.output.modules
    .filter(({ source }) => source.startsWith("src/") && !IN_KNOWN_FOLDER.test(source))
    .map(({ source }) => ({ rule: "known-folders", where: source }));
  const broken = result.output.summary.violations.map(({ rule, from, to }) => ({ rule: rule.name, where: `${from} → ${to}` }));
  return [...homeless, ...broken];
}
