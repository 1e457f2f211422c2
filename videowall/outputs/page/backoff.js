// Waits between attempts: full jitter, so that many pages do not return at once; reset only after a stable minute.

const SHORTEST_MS = 100;
const FIRST_S = 0.5;
const LONGEST_S = 10;
const STABLE_MS = 60_000;

export class Backoff {
  #attempts = 0;
  #since = null;
  #firstS;
  #longestS;

  // The first wait and the longest are at most so long.
  constructor(firstS = FIRST_S, longestS = LONGEST_S) {
    this.#firstS = firstS;
    this.#longestS = longestS;
  }

  connected() {
    this.#since = performance.now();
  }

  nextDelayMs() {
    if (this.#since !== null && performance.now() - this.#since > STABLE_MS) this.#attempts = 0;
    this.#since = null;
    const ceiling = Math.min(this.#longestS, this.#firstS * 2 ** this.#attempts);
    this.#attempts = Math.min(this.#attempts + 1, 16);
    return SHORTEST_MS + Math.random() * ceiling * 1000;
  }
}
