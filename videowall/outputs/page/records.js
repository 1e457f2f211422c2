// All tiles' own streams on one WebSocket: messages of several records, each for one tile. See docs/wall-page.md.

import { Backoff } from "./backoff.js";
import { readFragment } from "./fragment.js";

const HEAD = 8;
const TEXT = 1;
const INIT = 2;
const FRAGMENT = 3;
const SILENT_MS = 10_000;
const SIGNED_OUT = 4401;

export class TileStreams {
  heardAt = -Infinity;
  #address;
  #handlers;
  #socket = null;
  #backoff = new Backoff();
  #openedAt = 0;
  #text = new TextDecoder();

  // handlers: text(tile, message), init(tile, bytes), fragment(tile, fragment), signedOut()
  constructor(address, handlers) {
    this.#address = address;
    this.#handlers = handlers;
  }

  open() {
    const socket = new WebSocket(this.#address);
    this.#socket = socket;
    this.#openedAt = performance.now();
    let first = true;
    socket.binaryType = "arraybuffer";
    socket.onmessage = ({ data }) => {
      if (socket !== this.#socket) return;
      if (first) this.#backoff.connected();
      first = false;
      this.heardAt = performance.now();
      this.#read(data);
    };
    socket.onclose = ({ code }) => {
      if (socket !== this.#socket) return;
      this.#socket = null;
      if (code === SIGNED_OUT) this.#handlers.signedOut();
      else setTimeout(() => this.open(), this.#backoff.nextDelayMs());
    };
  }

  tick() {
    const socket = this.#socket;
    if (socket === null || performance.now() - Math.max(this.heardAt, this.#openedAt) < SILENT_MS) return;
    this.#socket = null;
    socket.close();
    setTimeout(() => this.open(), this.#backoff.nextDelayMs());
  }

  #read(data) {
    const view = new DataView(data);
    let at = 0;
    while (at + HEAD <= data.byteLength) {
      const [tile, kind, length] = [view.getUint16(at), view.getUint8(at + 2), view.getUint32(at + 4)];
      const payload = data.slice(at + HEAD, at + HEAD + length);
      at += HEAD + length;
      if (kind === TEXT) this.#handlers.text(tile, JSON.parse(this.#text.decode(payload)));
      else if (kind === INIT) this.#handlers.init(tile, payload);
      else if (kind === FRAGMENT) {
        const fragment = readFragment(payload);
        if (fragment !== null) this.#handlers.fragment(tile, fragment);
      }
    }
  }
}
