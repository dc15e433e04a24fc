// A node:test reporter that says nothing but, at the end, which tests were skipped and why.
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
}
