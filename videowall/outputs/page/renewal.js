// A wall that was brought up to date has another page: load that, but never while somebody may be reading an alarm.

// A page that has only just opened may not have heard of the alarm yet.
const LEAST_MS = 1_500;
const SPREAD_MS = 20_000;

export class Renewal {
  #version;
  #isBusy;
  #dueAt = Infinity;

  // `isBusy()`: whether somebody is in the middle of something.
  constructor(version, isBusy) {
    this.#version = version;
    this.#isBusy = isBusy;
  }

  // Spread in time, so that many pages do not come at once.
  hear(version) {
    if (version === this.#version) this.#dueAt = Infinity;
    else if (this.#dueAt === Infinity) this.#dueAt = performance.now() + LEAST_MS + Math.random() * SPREAD_MS;
  }

  tick() {
    if (performance.now() >= this.#dueAt && !this.#isBusy()) location.reload();
  }
}
