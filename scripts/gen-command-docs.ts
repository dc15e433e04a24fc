// Writes docs/commands.md: node --import tsx scripts/gen-command-docs.ts
import { writeFileSync } from "node:fs";
import { commandsPage } from "../test/support/commands-page.ts";

writeFileSync(new URL("../docs/commands.md", import.meta.url), await commandsPage());
