import { closeSync, fstatSync, openSync, readSync } from "node:fs";

/** Of LMDB's page 0 and 1, as far as they are needed here; little-endian, which every supported machine is. */
const META = Object.freeze({
  PAGE_FLAGS: 18,
  MAGIC: 24,
  PAGE_SIZE: 48,
  FREE_ROOT: 88,
  MAIN_ROOT: 136,
  TRANSACTION: 152,
  BYTES: 160,
});
const MAGIC = 0xbeefc0de;
const IS_META_PAGE = 0x08;
const NO_PAGE = 0xffffffffffffffffn;

/**
 * Why the file cannot be an LMDB database, or null when it may be one or does not exist. LMDB maps the file and
 * trusts it: bytes of something else, or a file cut short, would end the whole process without a word.
 */
export function databaseFileProblem(path: string): string | null {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch {
    return null;
  }
  try {
    if (fstatSync(file).size === 0) return null;
    const first = readMeta(file, 0);
    if (first === null) return "it is not a database of meshctl";
    const second = readMeta(file, first.pageSize);
    if (second === null || second.pageSize !== first.pageSize) return "its second page is damaged";
    // Taken after the pages that name the roots: another process may write, and LMDB writes data before it names it.
    const { size } = fstatSync(file);
    const { roots, pageSize } = first.transaction > second.transaction ? first : second;
    const cut = roots.some((root) => root !== NO_PAGE && (root + 1n) * BigInt(pageSize) > BigInt(size));
    return cut ? "it is cut short: pages that are in use are missing" : null;
  } finally {
    closeSync(file);
  }
}

function readMeta(file: number, offset: number): { pageSize: number; transaction: bigint; roots: readonly bigint[] } | null {
  const page = Buffer.alloc(META.BYTES);
  if (readSync(file, page, 0, META.BYTES, offset) < META.BYTES) return null;
  if (page.readUInt32LE(META.MAGIC) !== MAGIC || (page.readUInt16LE(META.PAGE_FLAGS) & IS_META_PAGE) === 0) return null;
  const pageSize = page.readUInt32LE(META.PAGE_SIZE);
  if (pageSize < 256 || pageSize > 65536 || (pageSize & (pageSize - 1)) !== 0) return null;
  return {
    pageSize,
    transaction: page.readBigUInt64LE(META.TRANSACTION),
    roots: [page.readBigUInt64LE(META.FREE_ROOT), page.readBigUInt64LE(META.MAIN_ROOT)],
  };
}
