/** The one module of node-forge we load, its ASN.1 builder and reader; @types/node-forge only describes the whole library. */
declare module "node-forge/lib/asn1.js" {
  interface ForgeElement {
    readonly tagClass: number;
    readonly type: number;
    readonly constructed: boolean;
    readonly value: string | readonly ForgeElement[];
  }

  interface ForgeBytes {
    getBytes(): string;
  }

  interface ReadOptions {
    readonly strict: boolean;
    readonly parseAllBytes: boolean;
    readonly decodeBitStrings: boolean;
    readonly maxDepth: number;
  }

  const asn1: {
    readonly Class: { readonly UNIVERSAL: number; readonly CONTEXT_SPECIFIC: number };
    create(tagClass: number, type: number, constructed: boolean, value: string | readonly ForgeElement[]): ForgeElement;
    fromDer(bytes: string, options: ReadOptions): ForgeElement;
    toDer(element: ForgeElement): ForgeBytes;
    oidToDer(dotted: string): ForgeBytes;
    derToOid(bytes: string): string;
  };
  export default asn1;
}
