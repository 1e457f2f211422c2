// The composed picture of the wall: as a stream where the browser plays it, as stills elsewhere; covered when it rests.

import { remember } from "./mode.js";
import { Player } from "./player.js";
import { Rate } from "./rate.js";
import { Stills } from "./stills.js";
import { Stream } from "./stream.js";
import { fill } from "./words.js";

const STALE_MS = 2_000;
const REBUILD_MS = 6_000;
const UNCHANGED_MS = 5_000;
const STILL_EVERY_MS = 700;
const SLOW_SAID_MS = 15_000;
const WHOLE = "full";

export class Picture {
  profile;
  #wall;
  #address;
  #words;
  #screen;
  #signedOut;
  #video = document.getElementById("video");
  #player = new Player(this.#video, () => this.#stream?.again());
  #stream = null;
  #stills = null;
  #openedAt = performance.now();
  #rate = new Rate();
  #skippedTotal = 0;
  #skippedAt = -Infinity;

  // `address` is the stream's, without a query; `profile` the size in which it is asked for.
  constructor(wall, address, profile, words, screen, signedOut) {
    this.#wall = wall;
    this.#address = address;
    this.profile = profile;
    this.#words = words;
    this.#screen = screen;
    this.#signedOut = signedOut;
  }

  // Whether the picture is a stream, of which there are several sizes.
  get isStream() {
    return this.#stream !== null;
  }

  open(onlyStills) {
    if (onlyStills || !("MediaSource" in window)) this.#showStills();
    else this.#openStream();
  }

  // Go on in another size, and remember it.
  choose(profile) {
    remember("profile", profile);
    if (profile === this.profile || this.#stream === null) return;
    this.profile = profile;
    this.#openStream();
  }

  #openStream() {
    this.#stream?.end();
    this.#skippedTotal = 0;
    this.#stream = new Stream(`${this.#address}?profile=${this.profile}`, this.#player, {
      unplayable: () => this.#showStills(),
      signedOut: this.#signedOut,
      refused: (word) => this.#refused(word),
    });
    this.#stream.open();
  }

  #refused(word) {
    if (word !== "unknown" || this.profile === WHOLE) return;
    this.#screen.toast(fill(this.#words.profileRefused, this.profile));
    this.choose(WHOLE);
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
    this.#screen.label(stills === null ? this.#tooSlow(now) : words.stills + unchanged);
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

  // What is said to a viewer for whom pictures were left out, for a while.
  #tooSlow(now) {
    const { skippedTotal } = this.#stream;
    if (skippedTotal > this.#skippedTotal) [this.#skippedTotal, this.#skippedAt] = [skippedTotal, now];
    return now - this.#skippedAt < SLOW_SAID_MS ? fill(this.#words.tooSlow, skippedTotal) : "";
  }

  #showStills() {
    this.#stream?.end();
    this.#stream = null;
    this.#player.stop();
    this.#video.hidden = true;
    if (this.#stills !== null) return;
    const image = document.getElementById("still");
    this.#stills = new Stills(`/wall/${this.#wall}.jpg`, image, STILL_EVERY_MS, this.#signedOut);
    this.#stills.run();
  }
}
