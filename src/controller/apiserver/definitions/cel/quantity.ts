/** A Kubernetes quantity as a number: `1.5Gi`, `200m`, `1e3`. */
export class Quantity {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

const FACTORS: Readonly<Record<string, number>> = {
  "": 1,
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/; null when it is none. */
export function parseQuantity(text: string): Quantity | null {
  const match = /^([+-]?(?:\d+\.?\d*|\.\d+))(?:([eE][+-]?\d+)|(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE]))?$/.exec(text);
  if (match === null) return null;
  const [, digits = "", exponent = "", suffix = ""] = match;
  return new Quantity(Number(digits + exponent) * (FACTORS[suffix] ?? 1));
}
