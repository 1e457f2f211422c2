// The composed picture of the wall: as a stream where the browser plays it, as stills elsewhere; covered when it rests.

import { Player } from "./player.js";
import { Rate } from "./rate.js";
import { Stills } from "./stills.js";
import { Stream } from "./stream.js";

const STALE_MS = 2_000;
const REBUILD_MS = 6_000;
const UNCHANGED_MS = 5_000;
const STILL_EVERY_MS = 700;

export class Picture {
  #wall;
  #words;
  #screen;
  #signedOut;
  #video = document.getElementById("video");
  #player = new Player(this.#video, () => this.#stream?.again());
  #stream = null;
  #stills = null;
  #openedAt = performance.now();
  #rate = new Rate();

  constructor(wall, address, words, screen, onlyStills, signedOut) {
    this.#wall = wall;
    this.#words = words;
    this.#screen = screen;
    this.#signedOut = signedOut;
    if (onlyStills || !("MediaSource" in window)) return;
    this.#stream = new Stream(address, this.#player, { unplayable: () => this.#showStills(), signedOut });
  }

  open() {
    if (this.#stream === null) this.#showStills();
    else this.#stream.open();
  }

  tick() {
    const now = performance.now();
    if (this.#stills === null) {
      this.#player.tick();
      this.#stream.tick();
    }
    const { presentedAt, presentedTotal } = this.#stills ?? this.#player;
    const seen = presentedAt > 0;
    const ageMs = now - (seen ? presentedAt : this.#openedAt);
    const stuckMs = this.#stills === null && this.#stream.isFlowing ? this.#player.stuckMs : 0;
    const reason = this.#whyCovered(ageMs, seen, stuckMs > STALE_MS);
    if (reason === null) this.#screen.uncover();
    else this.#screen.cover(reason, ageMs > STALE_MS ? ageMs / 1000 : null, reason !== "connecting");
    // Pictures come and are not shown: build the player anew.
    if (stuckMs > REBUILD_MS && !document.hidden) this.#stream.again();
    this.#tell(now, reason, this.#rate.of(presentedTotal));
  }

  // The word for what keeps the picture from being live, or null.
  #whyCovered(ageMs, seen, stuck) {
    const { refusal } = this.#stills ?? this.#stream;
    if (refusal !== null) return refusal;
    if (ageMs <= STALE_MS) return seen ? null : "connecting";
    return stuck ? "stalled" : "lost";
  }

  #tell(now, reason, rate) {
    const words = this.#words;
    const stills = this.#stills;
    const unchangedMs = stills === null ? 0 : now - stills.changedAt;
    const unchanged =
      unchangedMs > UNCHANGED_MS ? ` · ${words.unchanged} ${Math.floor(unchangedMs / 1000)} ${words.seconds}` : "";
    this.#screen.label(stills === null ? "" : words.stills + unchanged);
    const rows = [
      ["state", words[reason ?? (stills === null ? "live" : "stills")]],
      ["rate", `${rate}/${words.seconds}`],
    ];
    if (stills === null) {
      const late = reason === null ? this.#player.latencyS ?? this.#player.behindS : null;
      const { start, skippedTotal } = this.#stream;
      rows.push(["behind", late === null ? "-" : `${Math.round(late * 1000)} ms`]);
      rows.push(["size", start ? `${start.width}×${start.height}` : "-"]);
      rows.push(["skipped", String(skippedTotal)]);
    }
    this.#screen.showFigures(rows);
  }

  #showStills() {
    this.#stream?.end();
    this.#player.stop();
    this.#video.hidden = true;
    if (this.#stills !== null) return;
    const image = document.getElementById("still");
    this.#stills = new Stills(`/wall/${this.#wall}.jpg`, image, STILL_EVERY_MS, this.#signedOut);
    this.#stills.run();
  }
}
