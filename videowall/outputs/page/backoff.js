// Waits between attempts: full jitter, so that many pages do not return at once; reset only after a stable minute.

const FIRST_S = 0.5;
const LONGEST_S = 10;
const STABLE_MS = 60_000;

export class Backoff {
  #attempts = 0;
  #since = null;

  connected() {
    this.#since = performance.now();
  }

  nextDelayMs() {
    if (this.#since !== null && performance.now() - this.#since > STABLE_MS) this.#attempts = 0;
    this.#since = null;
    const ceiling = Math.min(LONGEST_S, FIRST_S * 2 ** this.#attempts);
    this.#attempts = Math.min(this.#attempts + 1, 16);
    return 100 + Math.random() * ceiling * 1000;
  }
}
