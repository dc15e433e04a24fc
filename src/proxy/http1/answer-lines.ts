/** Lines of an answer's head that are ours to write. */
import { HEADER } from "../../messages/names.ts";
import type { AnswerFraming } from "../http/message.ts";
import type { ByteWriter } from "./codec/byte-writer.ts";

/** The other proxy's reason goes on to the application; which policy it was stays between proxies (ADR 1). */
export function writeReason(out: ByteWriter, reason: string): void {
  if (reason !== "") out.text(`${HEADER.REASON}: ${reason}\r\n`);
}

/** `upgrade`: the protocol a 101 switches to, or a 426 asks for; empty otherwise. */
export function writeConnection(out: ByteWriter, status: number, upgrade: string, framing: AnswerFraming): void {
  if (status === 101 || status === 426) {
    if (upgrade === "") return;
    out.text(`Connection: upgrade${framing.keep || status === 101 ? "" : ", close"}\r\nUpgrade: ${upgrade}\r\n`);
  } else if (!framing.keep) out.text("Connection: close\r\n");
  else if (framing.http10) out.text("Connection: keep-alive\r\n");
}
