/** What an application's check came to. `status` is what the kubelet is told: 200 to 399 is success. */
export interface CheckOutcome {
  readonly status: number;
  /** For people who look at the pod's events; at most {@link MAX_TEXT} bytes. */
  readonly text: string;
}

/** As much as the kubelet reads of an answer. */
export const MAX_TEXT = 10 * 1024;

export function passed(text: string): CheckOutcome {
  return { status: 200, text };
}

export function failed(text: string): CheckOutcome {
  return { status: 503, text };
}
