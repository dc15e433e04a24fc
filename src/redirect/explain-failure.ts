import type { Step } from "./backend.ts";

/** How a program of a {@link Step} ended. */
export interface StepResult {
  /** Exit code; null when it could not be started. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** `ENOENT` and the like, when it could not be started. */
  readonly errno?: string;
}

/** What went wrong in words, and what to do about it. */
export interface Failure {
  readonly message: string;
  readonly hint: string;
}

/** Why `step` failed. `kernel`: release of the running one, such as 5.10.0. */
export function explainFailure({ program }: Step, { code, stderr, errno }: StepResult, kernel: string): Failure {
  const said = stderr.trim().split("\n", 1)[0] ?? "";
  if (errno === "ENOENT") {
    return { message: `${program} is not there`, hint: "Use meshctl's own image, which has it, or choose another way with --backend." };
  }
  if (/permission denied|operation not permitted|must be root/i.test(stderr) || errno === "EACCES" || errno === "EPERM") {
    return {
      message: `${program} may not change the network: ${said || errno}`,
      hint: "The container needs uid 0 and the capability NET_ADMIN. A namespace that enforces the baseline or restricted pod security standard grants neither.",
    };
  }
  if (/not supported|no such file or directory|protocol wrong type|table does not exist|can't initialize/i.test(stderr)) {
    const hint =
      program === "nft"
        ? "nftables needs Linux 5.2 or newer with nft_redir and inet nat; --backend=iptables works on older ones."
        : "The modules of iptables' nat table are missing on the node; --backend=nftables needs others.";
    return { message: `the kernel (${kernel}) does not do what ${program} asks: ${said}`, hint };
  }
  return {
    message: `${program} failed${code === null ? "" : ` with exit code ${code}`}: ${said || (errno ?? "it said nothing")}`,
    hint: "--dry-run prints the rules.",
  };
}
