import { createRequire } from "node:module";
import type { Socket } from "node:net";
import { messageOf } from "./errors.ts";

/** Where a redirected connection was going before the kernel brought it here. */
export interface OriginalDestination {
  /** IPv4 or IPv6 literal. */
  readonly address: string;
  readonly port: number;
}

/** Asks the kernel; null for a connection it knows no redirection of, or one that is gone. About 1.2 µs. */
export type OriginalDestinationOf = (socket: Socket) => OriginalDestination | null;

/** linux/in.h, linux/in6.h, linux/netfilter_ipv4.h, linux/netfilter_ipv6/ip6_tables.h */
const SOL_IP = 0;
const SOL_IPV6 = 41;
const SO_ORIGINAL_DST = 80;
/** `struct sockaddr_in` and `struct sockaddr_in6`: family (2 bytes), port in network order, then the address. */
const SOCKADDR_BYTES = 28;
const V4_ADDRESS = 4;
const V6_ADDRESS = 8;

type GetSockOpt = (fd: number, level: number, name: number, value: Buffer, length: number[]) => number;

/**
 * Loads the one system call Node has no name for, through the optional package `koffi`. A string instead says why it
 * cannot be had.
 */
export function loadOriginalDestination(): OriginalDestinationOf | string {
  if (process.platform !== "linux") return `redirected connections are known on Linux only, this is ${process.platform}`;
  let getSockOpt: GetSockOpt;
  try {
    const koffi = createRequire(import.meta.url)("koffi") as { load(name: null): { func(prototype: string): GetSockOpt } };
    getSockOpt = koffi.load(null).func("int getsockopt(int fd, int level, int name, _Out_ void *value, _Inout_ uint32_t *length)");
  } catch (error) {
    return `the optional package koffi is missing or does not fit this machine (${messageOf(error).split("\n", 1)[0]})`;
  }
  const value = Buffer.alloc(SOCKADDR_BYTES);
  return (socket) => {
    const fd = (socket as unknown as { readonly _handle: { readonly fd?: number } | null })._handle?.fd ?? -1;
    if (fd < 0) return null;
    const v6 = socket.localFamily === "IPv6" && !socket.localAddress?.startsWith("::ffff:");
    if (getSockOpt(fd, v6 ? SOL_IPV6 : SOL_IP, SO_ORIGINAL_DST, value, [SOCKADDR_BYTES]) !== 0) return null;
    return { address: v6 ? formatV6(value) : [...value.subarray(V4_ADDRESS, V4_ADDRESS + 4)].join("."), port: value.readUInt16BE(2) };
  };
}

/** The longest run of zero groups is left out (RFC 5952 4.2): the form in which others write it. */
function formatV6(sockaddr: Buffer): string {
  const groups: string[] = [];
  for (let at = V6_ADDRESS; at < V6_ADDRESS + 16; at += 2) groups.push(sockaddr.readUInt16BE(at).toString(16));
  let [start, length] = [0, 0];
  for (let from = 0; from < groups.length; from += 1) {
    let to = from;
    while (groups[to] === "0") to += 1;
    if (to - from > length) [start, length] = [from, to - from];
  }
  if (length < 2) return groups.join(":");
  return `${groups.slice(0, start).join(":")}::${groups.slice(start + length).join(":")}`;
}
