/** Never fewer than this share of the requests: what is let in shows whether it is over. */
const MIN_SHARE = 0.05;
/** One step down at most halves what is let in: two late turns in a row are not yet the truth. */
const MAX_CUT = 0.5;
/** One step up per look: from the least to all in a second of looks every 50 ms. */
const STEP_UP = 0.05;
/** Below this part of a limit more is let in again; between the two nothing changes. */
const CALM = 0.7;

/**
 * Which share of the requests is let in, so that the pressure stays near its limit: cut in proportion when it
 * is over, raised step by step when it is well below (additive increase, multiplicative decrease). All or
 * nothing would empty the queue and then waste what it had gained by turning everybody away.
 */
export class Admission {
  #share = 1;
  #credit = 0;

  /** 0–1. */
  get share(): number {
    return this.#share;
  }

  get atLeast(): boolean {
    return this.#share <= MIN_SHARE;
  }

  /** `pressure`: 1 at the limit. */
  adjust(pressure: number): void {
    if (pressure > 1) this.#share = Math.max(MIN_SHARE, this.#share * Math.max(MAX_CUT, 1 / pressure));
    else if (pressure < CALM) this.#share = Math.min(1, this.#share + STEP_UP);
  }

  /** Spread evenly: of any n requests in a row n × share are let in, give or take one. */
  admits(): boolean {
    if (this.#share === 1) return true;
    this.#credit += this.#share;
    if (this.#credit < 1) return false;
    this.#credit -= 1;
    return true;
  }
}
