// How fast a count grows, looked at about once a second.

const EVERY_MS = 1_000;

export class Rate {
  #at = performance.now();
  #total = 0;
  #rate = 0;

  of(total) {
    const now = performance.now();
    if (now - this.#at >= EVERY_MS) {
      this.#rate = Math.max(0, Math.round(((total - this.#total) * 1_000) / (now - this.#at)));
      [this.#at, this.#total] = [now, total];
    }
    return this.#rate;
  }
}
