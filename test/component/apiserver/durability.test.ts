import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Disk } from "../../../src/controller/apiserver/store/disk.ts";
import { createStore, openStore, STORE_LIMITS } from "../../../src/controller/apiserver/store/store.ts";
import { UserError } from "../../../src/lib/errors.ts";
import { seededRandom } from "../../../src/lib/random.ts";
import { configMap } from "./objects.ts";

const WRITER = fileURLToPath(new URL("store-writer.ts", import.meta.url));
const KILLS = 50;

/** Runs the writer until a number of acknowledgements, kills it the hard way, and returns what it had acknowledged. */
function writeAndKill(directory: string, afterAcks: number, lateMs: number): Promise<Map<string, number>> {
  const child = spawn(process.execPath, ["--import", "tsx", WRITER, directory, "3", "1000000"], { stdio: ["ignore", "pipe", "inherit"] });
  const acknowledged = new Map<string, number>();
  let text = "";
  let armed = false;
  child.stdout.on("data", (chunk: Buffer) => {
    text += chunk.toString();
    const lines = text.split("\n");
    text = lines.pop() ?? "";
    for (const line of lines) {
      const [word, name = "", revision] = line.split(" ");
      if (word === "ack") acknowledged.set(name, Number(revision));
    }
    if (acknowledged.size >= afterAcks && !armed) {
      armed = true;
      // Not in step with the writes, so that kills fall everywhere between two syncs.
      setTimeout(() => child.kill("SIGKILL"), lateMs);
    }
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", () => resolve(acknowledged));
  });
}

test(`R8: after ${KILLS} kills at random moments every acknowledged resource is there, whole, and no revision is used twice`, async () => {
  const directory = mkdtempSync(join(tmpdir(), "meshctl-kill-"));
  const random = seededRandom(20_261);
  const expected = new Map<string, number>();
  let highest = 0;
  try {
    for (let kill = 0; kill < KILLS; kill += 1) {
      const acknowledged = await writeAndKill(directory, 1 + Math.floor(random() * 60), random() * 4);
      for (const [name, revision] of acknowledged) {
        assert.ok(revision > highest, `revision ${revision} was given before the last kill`);
        expected.set(name, revision);
      }
      highest = Math.max(highest, ...acknowledged.values());
    }
    const store = await openStore(directory);
    const items = new Map(store.list("/configmaps").map((stored) => [stored.object.metadata.name, stored]));
    for (const [name, revision] of expected) {
      const stored = items.get(name);
      assert.equal(stored?.revision, revision, `${name} was acknowledged and is not there`);
    }
    for (const { object, json } of items.values()) {
      const { filler, name } = object.data as { filler: string; name: string };
      assert.deepEqual([filler.length, name], [1777, object.metadata.name], json.slice(0, 80));
    }
    assert.ok(store.revision >= highest);
    assert.ok(expected.size >= KILLS);
    await store.close();
  } finally {
    rmSync(directory, { recursive: true });
  }
});

const straceWorks = spawnSync("strace", ["-o", "/dev/null", "true"]).status === 0;

test("a sync to disk completes between each write's request and its acknowledgement", {
  skip: straceWorks ? false : "strace is not installed or may not trace",
}, () => {
  const directory = mkdtempSync(join(tmpdir(), "meshctl-strace-"));
  try {
    const log = join(directory, "trace");
    execFileSync("strace", [
      "-f",
      "-qq",
      "-y",
      "-s",
      "64",
      "-e",
      "trace=write,pwrite64,pwritev,fdatasync,fsync,msync,openat",
      "-o",
      log,
      process.execPath,
      "--import",
      "tsx",
      WRITER,
      join(directory, "store"),
      "1",
      "10",
    ]);
    // `12 fdatasync(19</tmp/…/data.mdb>) = 0`; a call another thread interrupts is told in two lines.
    let state: "idle" | "asked" | "synced" = "idle";
    let writes = 0;
    for (const line of readFileSync(log, "utf8").split("\n")) {
      if (/ write\(1<.*"ask /.test(line)) {
        assert.equal(state, "idle");
        state = "asked";
      } else if (state === "asked" && /(fdatasync|fsync|msync)\(.*\) = 0|<\.\.\. (fdatasync|fsync|msync) resumed>.*= 0/.test(line))
        state = "synced";
      else if (/ write\(1<.*"ack /.test(line)) {
        assert.equal(state, "synced", `acknowledged without a sync: ${line}`);
        state = "idle";
        writes += 1;
      }
    }
    assert.equal(writes, 10);
    // The page that makes a commit count is written through a descriptor of its own, synchronously.
    assert.match(readFileSync(log, "utf8"), /openat\(.*data\.mdb".*O_DSYNC/);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test("the store's files are its owner's alone", async () => {
  const directory = mkdtempSync(join(tmpdir(), "meshctl-modes-"));
  try {
    const store = await openStore(join(directory, "store"));
    assert.equal(statSync(join(directory, "store")).mode & 0o777, 0o700);
    assert.equal(statSync(join(directory, "store", "data.mdb")).mode & 0o777, 0o600);
    await store.close();
  } finally {
    rmSync(directory, { recursive: true });
  }
});

const damages: [what: string, message: RegExp, damage: (file: string) => void][] = [
  ["random bytes", /not a database of meshctl/, (file) => writeFileSync(file, randomBytes(65_536))],
  ["a text", /not a database of meshctl/, (file) => writeFileSync(file, "hello")],
  ["a database cut short", /cut short/, (file) => truncateSync(file, 8192)],
  ["a database of one page", /second page is damaged/, (file) => truncateSync(file, 4096)],
];

for (const [what, message, damage] of damages) {
  test(`${what} in the place of the store is refused with a next step, and left as it is`, async () => {
    const directory = mkdtempSync(join(tmpdir(), "meshctl-damage-"));
    try {
      const store = await openStore(directory);
      await store.write((transaction) => transaction.put("/configmaps", "default/a", configMap("a")));
      await store.close();
      const file = join(directory, "data.mdb");
      damage(file);
      const bytes = readFileSync(file);
      await assert.rejects(openStore(directory), (error: UserError) => {
        assert.ok(error instanceof UserError);
        assert.match(error.message, message);
        assert.match(error.hint ?? "", /backup/);
        return true;
      });
      assert.deepEqual(readFileSync(file), bytes);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
}

test("a write the disk refuses is refused, changes nothing anybody can see, and the next one works", async () => {
  let broken = true;
  const disk: Disk = {
    load: () => ({ revision: 0, bucketRevisions: new Map(), objects: [] }),
    commit: () => (broken ? Promise.reject(new Error("ENOSPC: no space left on device")) : Promise.resolve()),
    close: () => Promise.resolve(),
  };
  const store = createStore(disk);
  const seen: string[] = [];
  store.subscribe("/configmaps", ({ key }) => seen.push(key));
  const put = (name: string) => store.write((transaction) => transaction.put("/configmaps", `default/${name}`, configMap(name)));
  await assert.rejects(Promise.all([put("a"), put("b")]), /did not reach the disk: ENOSPC/);
  assert.deepEqual([store.get("/configmaps", "default/a"), store.revision, seen], [undefined, 0, []]);
  broken = false;
  assert.equal((await put("a")).revision, 1);
  assert.deepEqual(seen, ["default/a"]);
});

test("a full store refuses growth and allows deletion", async () => {
  const directory = mkdtempSync(join(tmpdir(), "meshctl-full-"));
  const store = await openStore(directory, { ...STORE_LIMITS, maxBytes: 1000 });
  try {
    const put = (name: string) =>
      store.write((transaction) => transaction.put("/configmaps", `default/${name}`, configMap(name, { a: "x".repeat(300) })));
    await put("a");
    await put("b");
    await assert.rejects(put("c"), /the resource store is full/);
    await store.write((transaction) => transaction.remove("/configmaps", "default/a"));
    await put("c");
  } finally {
    await store.close();
    rmSync(directory, { recursive: true });
  }
});
