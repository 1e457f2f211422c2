// Single pictures in place of a stream that cannot be played or may not be handed on. Knows when nothing changes.
const GIVE_UP_MS = 5_000;

export class Stills {
  presentedAt = -Infinity;
  presentedTotal = 0;
  changedAt = performance.now();
  // How long ago the newest was asked for when it was shown: it may be as old.
  latencyS = null;
  refusal = null;
  #address;
  #image;
  #signedOut;
  #everyMs;
  #tag = "";
  #url = "";
  #ended = false;

  constructor(address, image, everyMs, signedOut) {
    this.#address = address;
    this.#image = image;
    this.#everyMs = everyMs;
    this.#signedOut = signedOut;
  }

  async run() {
    this.#image.hidden = false;
    while (!this.#ended) {
      await this.#show().catch(() => {});
      await new Promise((done) => setTimeout(done, this.#everyMs));
    }
  }

  end() {
    this.#ended = true;
    this.#image.hidden = true;
    this.#image.removeAttribute("src");
    if (this.#url) URL.revokeObjectURL(this.#url);
    this.#url = "";
  }

  async #show() {
    const askedAt = performance.now();
    const headers = this.#tag ? { "If-None-Match": this.#tag } : {};
    const answer = await fetch(this.#address, { headers, cache: "no-store", signal: AbortSignal.timeout(GIVE_UP_MS) });
    if (answer.status === 401) {
      this.refusal = "signedOut";
      this.#signedOut();
    }
    if (answer.status === 403) this.refusal = "forbidden";
    if (!answer.ok && answer.status !== 304) return;
    if (answer.status === 200) {
      const tag = answer.headers.get("ETag") ?? "";
      if (tag !== this.#tag || !tag) this.changedAt = performance.now();
      await this.#present(await answer.blob());
      this.#tag = tag;
    }
    this.refusal = null;
    this.presentedAt = performance.now();
    this.latencyS = (this.presentedAt - askedAt) / 1000;
    this.presentedTotal += 1;
  }

  async #present(blob) {
    if (this.#ended) return;
    const old = this.#url;
    this.#url = URL.createObjectURL(blob);
    this.#image.src = this.#url;
    try {
      await this.#image.decode();
    } finally {
      if (old) URL.revokeObjectURL(old);
    }
  }
}
