// The last seconds of the camera that is shown, saved as a file, and a link to the hash that proves it. The page fetches
// the file itself: a browser that downloads by itself says nothing of why it could not.

import { make, write } from "./element.js";
import { fill } from "./words.js";

const GIVE_UP_MS = 300_000;
const HANDED_OVER_MS = 60_000;
const NAME = /filename="([^"]+)"/;

export class Clip {
  #wall;
  #words;
  #say;
  #button = document.getElementById("camera-clip");
  #proof = document.getElementById("camera-proof");
  #path = "";
  #isSaving = false;

  // `say(text)` tells how it went.
  constructor(wall, words, say) {
    this.#wall = wall;
    this.#words = words;
    this.#say = say;
    write(this.#button, words.clip);
    this.#button.addEventListener("click", () => this.#save());
  }

  // Offer the clip of the camera at `path` to those who may save it.
  show(path, maySave) {
    this.#path = path;
    this.#button.hidden = !maySave;
    this.#proof.hidden = true;
  }

  // One at a time; another camera may be shown before it is there.
  async #save() {
    if (this.#isSaving) return;
    const path = this.#path;
    this.#setSaving(true);
    this.#proof.hidden = true;
    const { problem, content, file, sha256 } = await fetchClip(`${path}/clip.mp4`, this.#words);
    this.#setSaving(false);
    if (problem) {
      this.#say(fill(this.#words.notSaved, problem));
      return;
    }
    handOver(content, file);
    this.#say(fill(this.#words.saved, file));
    if (path !== this.#path) return;
    write(this.#proof, `SHA-256 ${sha256}`);
    this.#proof.href = `/wall/${this.#wall}/clips/${sha256}.sha256`;
    this.#proof.hidden = false;
  }

  // Not disabled: the keyboard's focus would be lost.
  #setSaving(isSaving) {
    this.#isSaving = isSaving;
    this.#button.setAttribute("aria-disabled", String(isSaving));
    write(this.#button, isSaving ? this.#words.saving : this.#words.clip);
  }
}

// The file with its name and hash as the wall says them, or the `problem` in words.
async function fetchClip(address, words) {
  try {
    const answer = await fetch(address, { signal: AbortSignal.timeout(GIVE_UP_MS) });
    if (!answer.ok) return { problem: (await answer.json().catch(() => null))?.detail ?? words.noWall };
    const file = NAME.exec(answer.headers.get("Content-Disposition"))[1];
    return { content: await answer.blob(), file, sha256: answer.headers.get("ETag").replaceAll('"', "") };
  } catch {
    return { problem: words.noWall };
  }
}

// To the browser's downloads, which read it a moment later.
function handOver(content, file) {
  const link = make("a", "");
  link.href = URL.createObjectURL(content);
  link.download = file;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), HANDED_OVER_MS);
}
