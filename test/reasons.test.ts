import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { REASONS, type Reason } from "../src/messages/reasons.ts";
import { reasonsPage } from "./support/reasons-page.ts";

const page = fileURLToPath(new URL("../docs/reasons.md", import.meta.url));

test("docs/reasons.md is what the catalogue says (UPDATE_DOCS=1 writes it)", () => {
  if (process.env.UPDATE_DOCS === "1") writeFileSync(page, reasonsPage());
  assert.equal(readFileSync(page, "utf8"), reasonsPage());
});

test("every reason can be sent in a header and says something whole", () => {
  for (const [code, reason] of Object.entries<Reason>(REASONS)) {
    assert.match(code, /^[a-z][a-z0-9-]*$/);
    assert.ok(reason.status === 0 || (reason.status >= 400 && reason.status <= 599), code);
    for (const sentence of [reason.text, reason.next]) {
      assert.match(sentence, /^[A-Z`].*[.]$/s, `${code}: ${sentence}`);
      assert.ok(!sentence.includes("\n"), code);
    }
  }
});
