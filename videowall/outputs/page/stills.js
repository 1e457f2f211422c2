// The wall as single pictures, for browsers that cannot play the stream. Says so, and says when nothing changes.

const EVERY_MS = 700;
const GIVE_UP_MS = 5_000;

export class Stills {
  presentedAt = -Infinity;
  presentedTotal = 0;
  changedAt = performance.now();
  refusal = null;
  #address;
  #image;
  #signedOut;
  #tag = "";
  #url = "";

  constructor(address, image, signedOut) {
    this.#address = address;
    this.#image = image;
    this.#signedOut = signedOut;
  }

  async run() {
    this.#image.hidden = false;
    for (;;) {
      await this.#show().catch(() => {});
      await new Promise((done) => setTimeout(done, EVERY_MS));
    }
  }

  async #show() {
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
    this.presentedTotal += 1;
  }

  async #present(blob) {
    const old = this.#url;
    this.#url = URL.createObjectURL(blob);
    this.#image.src = this.#url;
    await this.#image.decode();
    if (old) URL.revokeObjectURL(old);
  }
}
