import type { RequestView, Source } from "../../policies/contract.ts";

/**
 * An opaque connection as rules see it: no method, no header, path `/` (so that "every path" holds). A rule
 * that asks for more never matches a connection.
 */
export class TcpView implements RequestView {
  readonly method = "";
  readonly path = "/";
  readonly query = "";
  readonly authority: string;
  readonly source: Source;

  constructor(source: Source, authority: string) {
    this.source = source;
    this.authority = authority;
  }

  header(_name: string): undefined {
    return undefined;
  }
}
