// What the wall shows, as it tells its pages: the newest hello, scene, faces and board. Opened again like every socket.

import { Backoff } from "./backoff.js";

const SILENT_MS = 12_000;
const SIGNED_OUT = 4401;
const STALE_BOARD_MS = 20_000;

export class Faces {
  hello = null;
  scene = null;
  faces = new Map();
  calm = null;
  quiet = null;
  board = null;
  // How far the wall's two clocks are ahead of performance.now(): the time of day, and the one that nobody sets.
  #serverAheadMs = 0;
  #wallAheadMs = 0;
  // When the wall heard the board, by performance.now(): a page that has just come is told one of long ago.
  #boardHeardAt = 0;
  #address;
  #handlers;
  #socket = null;
  #backoff = new Backoff();
  #heardAt = 0;
  #heardOnce = false;

  // handlers: hello(), scene(), faces(), board(), signedOut(); each is called after the field of its name has changed.
  constructor(address, handlers) {
    this.#address = address;
    this.#handlers = handlers;
  }

  // Whether what is known here is of now.
  get isFresh() {
    return this.#heardOnce && performance.now() - this.#heardAt < SILENT_MS;
  }

  get isBoardFresh() {
    return this.board !== null && this.#boardAgeMs <= STALE_BOARD_MS;
  }

  open() {
    const socket = new WebSocket(this.#address);
    this.#socket = socket;
    this.#heardAt = performance.now();
    this.#heardOnce = false;
    socket.onmessage = ({ data }) => {
      if (socket === this.#socket) this.#hear(JSON.parse(data));
    };
    socket.onclose = ({ code }) => {
      if (socket === this.#socket) this.#closed(code);
    };
  }

  tick() {
    if (this.#socket === null || performance.now() - this.#heardAt < SILENT_MS) return;
    const socket = this.#socket;
    this.#closed(1000);
    socket.close();
  }

  // What the clock of the wall says, in milliseconds of unix time.
  get nowMs() {
    return performance.now() + this.#serverAheadMs;
  }

  // Milliseconds since a moment, by the clock of the wall.
  ageMs(moment) {
    return Math.max(0, this.nowMs - Date.parse(moment));
  }

  // As the wall reckons it (captions/attention.py): by whichever clock says more. A board from the future is as old as
  // it is ahead: one of two clocks is wrong, and nobody knows which.
  get #boardAgeMs() {
    return Math.max(performance.now() - this.#boardHeardAt, Math.abs(this.nowMs - Date.parse(this.board.at)));
  }

  #hear(message) {
    if (!this.#heardOnce) this.#backoff.connected();
    this.#heardOnce = true;
    this.#heardAt = performance.now();
    switch (message.kind) {
      case "hello":
        this.hello = message;
        this.#serverAheadMs = message.at * 1000 - performance.now();
        this.#wallAheadMs = message.monotonic_s * 1000 - performance.now();
        break;
      case "scene":
        this.scene = message;
        break;
      case "faces":
        this.faces = new Map(message.faces.map((one) => [one.number, one]));
        this.calm = message.calm;
        this.quiet = message.quiet;
        break;
      case "board":
        this.board = message.board;
        // A hello that came late makes it seem to have been heard in the future, and so fresh for too long.
        this.#boardHeardAt = Math.min(performance.now(), message.heard_s * 1000 - this.#wallAheadMs);
        break;
      default:
        return;
    }
    this.#handlers[message.kind]();
  }

  #closed(code) {
    this.#socket = null;
    if (code === SIGNED_OUT) this.#handlers.signedOut();
    else setTimeout(() => this.open(), this.#backoff.nextDelayMs());
  }
}
