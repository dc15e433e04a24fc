/** The house's rules as data (docs/architecture.md): who may import whom, and who may touch what. */

/** Top folders of src by floor: a file imports lower floors or its own folder. */
export const FLOORS: readonly (readonly string[])[] = [
  ["lib"],
  ["messages", "match", "model", "identity", "redirect", "telemetry", "home"],
  // The Kubernetes client speaks of the objects that model describes.
  ["kube"],
  ["policies", "inject", "discovery", "api", "ca"],
  ["compile", "decide"],
  ["explain"],
  ["controller", "proxy", "check", "install", "local"],
  ["cli"],
  ["main"],
];

/** A ban on imports: regular expressions on paths from the project's root; `$1` in `to` is the first group of `from`. */
export interface ImportBan {
  readonly name: string;
  readonly why: string;
  readonly from: string;
  readonly to: string;
  readonly toNot?: string;
  /** Importing a type is fine. */
  readonly typesAllowed?: boolean;
}

export const IMPORT_BANS: readonly ImportBan[] = [
  {
    name: "policies-apart",
    why: "one policy never imports another",
    from: "^src/policies/([^/]+)/",
    to: "^src/policies/[^/]+/",
    toNot: "^src/policies/($1|kit)/",
  },
  {
    name: "translate-without-filter",
    why: "a policy's two halves run in different processes",
    from: "^src/policies/([^/]+)/translate",
    to: "^src/policies/$1/filter",
  },
  {
    name: "filter-without-translate",
    why: "a policy's two halves run in different processes",
    from: "^src/policies/([^/]+)/filter",
    to: "^src/policies/$1/translate",
  },
  {
    name: "filter-knows-schema-by-type",
    why: "the schema library must not reach the proxy",
    from: "^src/policies/[^/]+/filter",
    to: "^src/policies/[^/]+/schema",
    typesAllowed: true,
  },
  {
    name: "cli-without-controller-and-proxy",
    why: "the command line talks to them over their APIs",
    from: "^src/cli/",
    to: "^src/(controller|proxy)/",
  },
  {
    name: "proxy-is-small",
    why: "the proxy knows messages, not objects",
    from: "^src/proxy/",
    to: "^src/(compile|explain|model|kube|ca|api|inject)/|^src/policies/(kinds|catalog)\\.ts$",
  },
  {
    name: "controller-decides-through-explain",
    why: "what the proxy decides is asked through explain",
    from: "^src/controller/",
    to: "^src/policies/chain\\.ts$|^src/decide/",
  },
  { name: "inbound-without-outbound", why: "the two directions stay apart", from: "^src/proxy/inbound/", to: "^src/proxy/outbound/" },
  { name: "outbound-without-inbound", why: "the two directions stay apart", from: "^src/proxy/outbound/", to: "^src/proxy/inbound/" },
  {
    name: "decide-sees-messages",
    why: "decisions are made on messages, by matchers and filters",
    from: "^src/decide/",
    to: "^src/",
    toNot: "^src/(decide|lib|match|messages)/|^src/policies/(chain|contract)\\.ts$",
  },
];

/** Something only some files may touch; `may` are regular expressions on paths. */
export interface TouchBan {
  readonly name: string;
  readonly why: string;
  readonly may: RegExp;
  /** `object.member` reads and calls, also through a destructuring import of `node:object`. */
  readonly members?: readonly string[];
  /** Bare global functions. */
  readonly globals?: readonly string[];
  /** Named imports, `module#name`; `module#*` is any import of it. */
  readonly imports?: readonly string[];
  /** `new X()` without arguments. */
  readonly bareNew?: readonly string[];
}

export const TOUCH_BANS: readonly TouchBan[] = [
  {
    name: "exit",
    why: "only composition roots end the process",
    may: /^src\/(main\/|cli\/run\.ts$)/,
    members: ["process.exit", "process.exitCode", "process.abort", "process.reallyExit"],
  },
  { name: "environment", why: "only src/main reads the environment", may: /^src\/main\//, members: ["process.env"] },
  {
    name: "clock",
    why: "time is an argument",
    may: /^src\/lib\//,
    members: ["Date.now", "performance.now", "performance.timeOrigin", "process.hrtime", "process.uptime"],
    imports: ["node:perf_hooks#*"],
    bareNew: ["Date"],
  },
  {
    name: "timers",
    why: "timers come from the clock",
    may: /^src\/lib\//,
    globals: ["setTimeout", "setInterval"],
    imports: ["node:timers#*", "node:timers/promises#*"],
  },
  {
    name: "randomness",
    why: "randomness is an argument (key generation aside)",
    may: /^src\/lib\//,
    members: ["Math.random", "crypto.randomUUID", "crypto.getRandomValues", "crypto.randomBytes"],
    imports: [
      "node:crypto#randomBytes",
      "node:crypto#randomUUID",
      "node:crypto#randomInt",
      "node:crypto#randomFill",
      "node:crypto#randomFillSync",
      "node:crypto#getRandomValues",
      "node:crypto#webcrypto",
    ],
  },
  {
    name: "whole-zod",
    why: "import * as z: a bundler cannot take parts of the value z away, and it holds every language and schema of zod",
    may: /(?!)/,
    imports: ["node:zod#z"],
  },
];

/** Generated code is not ours to judge. */
export const GENERATED = /^src\/messages\/gen\//;

/** Packages that must never be found in the proxy's bundle. */
export const NOT_IN_PROXY: readonly string[] = [
  "zod",
  "undici",
  "commander",
  "yaml",
  "@kubernetes/client-node",
  "lmdb",
  "pino",
  "execa",
  "listr2",
  "cli-table3",
  "@inquirer/prompts",
  "chalk",
  "jose",
];
