// The composed picture of the wall: as a stream where the browser plays it, as stills elsewhere; covered when it rests.

import { Direct } from "./direct.js";
import { LATE_S, STALE_MS, sayOld } from "./liveness.js";
import { remember } from "./mode.js";
import { Player } from "./player.js";
import { Rate } from "./rate.js";
import { Stills } from "./stills.js";
import { Stream } from "./stream.js";
import { fill } from "./words.js";

const REBUILD_MS = 6_000;
const STILL_EVERY_MS = 700;
const SLOW_SAID_MS = 15_000;
const WHOLE = "full";
const LEAST = "least";

export class Picture {
  profile;
  delay;
  // Why the least delay is not to be had, as a word, or empty.
  obstacle = "";
  #wall;
  #words;
  #screen;
  #signedOut;
  #video = document.getElementById("video");
  #player = new Player(this.#video, () => this.#stream?.again());
  #stream = null;
  #direct = null;
  // Asks for its turn while the wall is shown steadily.
  #postponed = null;
  #stills = null;
  #openedAt = performance.now();
  #rate = new Rate();
  #skippedTotal = 0;
  #skippedAt = -Infinity;
  // Of streams that have ended.
  #retriesBefore = 0;

  // `profile` is the size in which the wall is asked for, `delay` how soon.
  constructor(wall, { profile, delay }, words, screen, signedOut) {
    this.#wall = wall;
    this.profile = profile;
    this.delay = delay;
    this.#words = words;
    this.#screen = screen;
    this.#signedOut = signedOut;
    window.addEventListener("pagehide", () => (this.#direct ?? this.#postponed)?.end());
  }

  // Whether the picture is a stream, of which there are several sizes.
  get isStream() {
    return this.#stills === null;
  }

  open(onlyStills) {
    if (onlyStills || !("MediaSource" in window)) this.#showStills();
    else this.#openStream();
  }

  // Go on in another size (`profile`) or with another `delay`, and remember that.
  choose(name, value) {
    remember(name, value);
    if (this.#stills !== null || (this[name] === value && !this.obstacle)) return;
    this[name] = value;
    this.obstacle = "";
    this.#openStream();
  }

  #openStream() {
    this.#endStream();
    this.#skippedTotal = 0;
    this.#openedAt = performance.now();
    const query = `?profile=${this.profile}`;
    const signedOut = this.#signedOut;
    if (this.delay === LEAST && !this.obstacle && !Direct.isHere()) this.#sayObstacle("browser");
    if (this.delay === LEAST && !this.obstacle) {
      this.#player.stop();
      const direct = new Direct(`/wall/${this.#wall}/whep${query}`, this.#video, {
        impossible: (why) => this.#fallBack(why),
        postponed: (why) => this.#postpone(why),
        admitted: () => this.#resume(),
        signedOut,
      });
      this.#direct = direct;
      direct.open();
      return;
    }
    this.#openSteady(query);
  }

  #openSteady(query) {
    const signedOut = this.#signedOut;
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    this.#stream = new Stream(`${scheme}//${location.host}/wall/${this.#wall}/stream${query}`, this.#player, {
      unplayable: () => this.#showStills(),
      signedOut,
      refused: (word) => this.#refused(word),
    });
    this.#stream.open();
  }

  #endStream() {
    this.#retriesBefore = this.#retriesTotal;
    const ways = [this.#stream, this.#direct, this.#postponed];
    this.#stream = this.#direct = this.#postponed = null;
    for (const way of ways) way?.end();
  }

  get #retriesTotal() {
    const ways = [this.#stream, this.#direct, this.#postponed];
    return ways.reduce((sum, way) => sum + (way?.retriesTotal ?? 0), this.#retriesBefore);
  }

  #fallBack(why) {
    this.#sayObstacle(why);
    if (this.#postponed !== null) {
      this.#retriesBefore += this.#postponed.retriesTotal;
      this.#postponed = null;
      return;
    }
    this.#openStream();
  }

  // Shown steadily until WebRTC has its turn; said once, for that may take long.
  #postpone(why) {
    const obstacle = fill(this.#words.noDirectYet, this.#words.obstaclesOfDirect[why]);
    if (obstacle !== this.obstacle) this.#screen.toast(obstacle);
    this.obstacle = obstacle;
    if (this.#postponed !== null) return;
    [this.#postponed, this.#direct] = [this.#direct, null];
    this.#openedAt = performance.now();
    this.#openSteady(`?profile=${this.profile}`);
  }

  #resume() {
    this.#retriesBefore += this.#stream.retriesTotal;
    this.#stream.end();
    this.#player.stop();
    [this.#direct, this.#postponed, this.#stream] = [this.#postponed, null, null];
    this.#skippedTotal = 0;
    this.#openedAt = performance.now();
    this.obstacle = "";
  }

  #sayObstacle(why) {
    this.obstacle = fill(this.#words.noDirect, this.#words.obstaclesOfDirect[why]);
    this.#screen.toast(this.obstacle);
  }

  #refused(word) {
    if (word !== "unknown" || this.profile === WHOLE) return;
    this.#screen.toast(fill(this.#words.profileRefused, this.profile));
    this.choose("profile", WHOLE);
  }

  tick() {
    const now = performance.now();
    this.#stream?.tick();
    if (this.#stream !== null) this.#player.tick();
    this.#direct?.tick();
    const { presentedAt, presentedTotal } = this.#stills ?? this.#direct ?? this.#player;
    const seen = presentedAt > this.#openedAt;
    const ageMs = now - (seen ? presentedAt : this.#openedAt);
    const source = this.#direct ?? this.#stream;
    const stuckMs = source?.isFlowing ? (this.#direct ?? this.#player).stuckMs : 0;
    const reason = this.#whyCovered(ageMs, seen, stuckMs > STALE_MS);
    if (reason === null) this.#screen.uncover();
    else this.#screen.cover(reason, ageMs > STALE_MS ? ageMs / 1000 : null, reason !== "connecting");
    // Pictures come and are not shown: build the player anew.
    if (stuckMs > REBUILD_MS && !document.hidden) source.again();
    this.#tell(now, reason, this.#rate.of(presentedTotal));
  }

  // The word for what keeps the picture from being live, or null.
  #whyCovered(ageMs, seen, stuck) {
    const { refusal } = this.#stills ?? this.#direct ?? this.#stream;
    if (refusal !== null) return refusal;
    if (ageMs <= STALE_MS) return seen ? null : "connecting";
    return stuck ? "stalled" : "lost";
  }

  #tell(now, reason, rate) {
    const words = this.#words;
    const stills = this.#stills;
    const old = stills === null ? "" : sayOld(stills, words);
    const late = stills === null && reason === null ? this.#late : null;
    const label = stills === null ? this.#tooSlow(now, late) : [words.stills, old].filter(Boolean).join(" · ");
    this.#screen.label(label, Boolean(old) || late > LATE_S);
    const rows = [
      ["state", words[reason ?? (stills === null ? "live" : "stills")]],
      ["rate", `${rate}/${words.seconds}`],
    ];
    if (stills === null) {
      const { start, skippedTotal } = this.#direct ?? this.#stream;
      rows.push(["behind", late === null ? "-" : `${Math.round(late * 1000)} ms`]);
      rows.push(["size", start ? `${start.width}×${start.height}` : "-"]);
      rows.push(["skipped", String(skippedTotal)]);
      rows.push(["retries", String(this.#retriesTotal)]);
      rows.push(["way", words.ways[this.#direct === null ? "steady" : LEAST]]);
    }
    this.#screen.showFigures(rows);
  }

  get #late() {
    return this.#direct === null ? this.#player.latencyS ?? this.#player.behindS : this.#direct.latencyS;
  }

  // What is said while the picture is late, and for a while to a viewer for whom pictures were left out.
  #tooSlow(now, late) {
    const skippedTotal = this.#stream?.skippedTotal ?? 0;
    if (skippedTotal > this.#skippedTotal) [this.#skippedTotal, this.#skippedAt] = [skippedTotal, now];
    if (late > LATE_S) return fill(this.#words.late, Math.round(late));
    return now - this.#skippedAt < SLOW_SAID_MS ? fill(this.#words.tooSlow, skippedTotal) : "";
  }

  #showStills() {
    this.#endStream();
    this.#player.stop();
    this.#video.hidden = true;
    if (this.#stills !== null) return;
    const image = document.getElementById("still");
    this.#stills = new Stills(`/wall/${this.#wall}.jpg`, image, STILL_EVERY_MS, this.#signedOut);
    this.#stills.run();
  }
}
