// A WebSocket with one stream: opened again with growing, jittered waits; closed by ourselves when it falls silent.
// Whoever makes one calls `tick` about once a second, and `end` in the end.

import { Backoff } from "./backoff.js";
import { readFragment } from "./fragment.js";

const SILENT_MS = 8_000;
const FLOWING_MS = 2_000;
const SIGNED_OUT = 4401;
const BUSY = 1013;
const REFUSALS = { 4403: "forbidden", 4404: "unknown", [BUSY]: "busy" };
const REFUSED_RETRY_MS = 30_000;

export class Stream {
  skippedTotal = 0;
  retriesTotal = 0;
  refusal = null;
  start = null;
  offered = "";
  heardAt = 0;
  #address;
  #player;
  #handlers;
  #socket = null;
  #backoff = new Backoff();
  #timer = 0;
  #opened = false;
  #fragmentAt = -Infinity;

  // handlers: unplayable(mime), signedOut(), and where wanted said(message), for what is neither start nor skipped,
  // and refused(word).
  constructor(address, player, handlers) {
    this.#address = address;
    this.#player = player;
    this.#handlers = handlers;
  }

  // Whether pictures come, shown or not.
  get isFlowing() {
    return performance.now() - this.#fragmentAt < FLOWING_MS;
  }

  open() {
    const socket = new WebSocket(this.#address);
    this.#socket = socket;
    this.heardAt = performance.now();
    this.#opened = false;
    let heard = false;
    let init = false;
    socket.binaryType = "arraybuffer";
    socket.onmessage = ({ data }) => {
      if (socket !== this.#socket) return;
      this.heardAt = performance.now();
      // Whoever is told anything is admitted, also where nothing of it can be played.
      if (!heard) this.#backoff.connected();
      heard = true;
      this.refusal = null;
      if (typeof data === "string") {
        init = this.#hear(JSON.parse(data)) || init;
      } else if (init) {
        init = false;
        this.#player.prepare(data);
      } else {
        this.#play(data);
      }
    };
    socket.onclose = ({ code }) => {
      if (socket === this.#socket) this.#closed(code);
    };
  }

  // Leave, and come back after a while.
  again() {
    const socket = this.#socket;
    if (socket === null) return;
    this.#closed(1000);
    socket.close();
  }

  end() {
    const socket = this.#socket;
    this.#socket = null;
    clearTimeout(this.#timer);
    socket?.close();
  }

  // True when an init segment follows.
  #hear(message) {
    if (message.kind === "skipped") this.skippedTotal += message.skipped;
    else if (message.kind !== "start") this.#handlers.said?.(message);
    if (message.kind !== "start") return false;
    this.offered = message.codec;
    if (!this.#player.constructor.plays(message.mime)) {
      this.#handlers.unplayable(message.mime);
      return false;
    }
    this.start = message;
    this.#player.start(message, !this.#opened);
    this.#opened = true;
    return true;
  }

  #play(data) {
    const fragment = this.#opened ? readFragment(data) : null;
    if (fragment === null) return;
    this.#fragmentAt = performance.now();
    this.#player.push(fragment);
  }

  #closed(code) {
    this.#socket = null;
    this.#fragmentAt = -Infinity;
    clearTimeout(this.#timer);
    this.refusal = REFUSALS[code] ?? null;
    if (code === SIGNED_OUT) {
      this.refusal = "signedOut";
      this.#handlers.signedOut();
      return;
    }
    const wait = this.refusal && code !== BUSY ? REFUSED_RETRY_MS : this.#backoff.nextDelayMs();
    this.#timer = setTimeout(() => {
      this.retriesTotal += 1;
      this.open();
    }, wait);
    if (this.refusal) this.#handlers.refused?.(this.refusal);
  }

  // A connection can be dead for minutes before the system notices.
  tick() {
    if (this.#socket !== null && performance.now() - this.heardAt > SILENT_MS) this.again();
  }
}
