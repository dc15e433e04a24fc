// A node:test reporter that says nothing but, at the end, which tests were skipped and why.
// With MESHCTL_STRICT_SKIPS set, a skip fails the run unless no Debian or npm package could mend it.
const NOT_PACKAGED = [/h2spec/, /kubectl/, /MESHCTL_CORPORA/];

export default async function* skips(source) {
  const rows = [];
  for await (const event of source) {
    if ((event.type === "test:pass" || event.type === "test:fail") && event.data.skip !== undefined) {
      rows.push([event.data.name, event.data.skip === true || event.data.skip === "" ? "no reason given" : String(event.data.skip)]);
    }
  }
  if (rows.length === 0) return;
  const width = Math.min(70, Math.max(...rows.map(([name]) => name.length)));
  yield `\nSkipped (${rows.length}):\n`;
  for (const [name, reason] of rows) yield `  ${name.padEnd(width)}  ${reason}\n`;
  const unexplained = rows.filter(([, reason]) => !NOT_PACKAGED.some((pattern) => pattern.test(reason)));
  if (process.env.MESHCTL_STRICT_SKIPS && unexplained.length > 0) {
    yield `\n${unexplained.length} of them had no business skipping here.\n`;
    process.exitCode = 1;
  }
}
