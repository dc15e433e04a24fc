/** A measured share beside the one that was asked for. */
export interface Share {
  readonly label: string;
  readonly count: number;
  readonly total: number;
  /** 0–1. */
  readonly expected: number;
}

/** Four standard deviations of a share `expected` over `total` independent draws: a right one is outside once in 16,000 times. */
export function tolerance({ expected, total }: Share): number {
  return 4 * Math.sqrt((expected * (1 - expected)) / total);
}

export function isWithin(share: Share): boolean {
  return share.total > 0 && Math.abs(share.count / share.total - share.expected) <= tolerance(share);
}

/** `v2: 198 of 2000 = 9.9 %, expected 10.0 % ± 2.7 %` */
export function formatShare(share: Share): string {
  const { label, count, total, expected } = share;
  const measured = total === 0 ? "nothing" : percent(count / total);
  return `${label}: ${count} of ${total} = ${measured}, expected ${percent(expected)} ± ${percent(tolerance(share))}`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
