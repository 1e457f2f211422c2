// One camera of a wall that the browser draws itself: its own stream, and over it what the wall says of it.

import { make, write } from "./element.js";
import { assess, sayOld } from "./liveness.js";
import { Player } from "./player.js";
import { Stills } from "./stills.js";
import { fill } from "./words.js";

const REBUILD_MS = 6_000;
const STILL_EVERY_MS = 500;

export class Tile {
  #words;
  #element;
  #stillAddress;
  #signedOut;
  #video = make("video");
  #image = make("img");
  #mark = make("span", "mark");
  #label = make("b");
  #site = make("span", "site");
  #values = make("span", "values");
  #clock = make("span", "clock");
  #trouble = make("p", "trouble");
  #note = make("p", "note");
  #marks = make("p", "marks");
  #reason = make("p", "reason");
  #procedure = make("p", "procedure");
  #since = make("span", "since");
  #player;
  #stills = null;
  #said = null;
  #openedAt = performance.now();
  #started = false;
  // What the stream began with, for a player that has to begin anew in its midst, at a key picture.
  #opening = null;
  #waitsForKey = false;
  #unplayable = "";
  #skipped = 0;

  constructor(element, stillAddress, words, signedOut) {
    this.#element = element;
    this.#stillAddress = stillAddress;
    this.#words = words;
    this.#signedOut = signedOut;
    Object.assign(this.#video, { muted: true, autoplay: true, playsInline: true, disablePictureInPicture: true });
    this.#image.hidden = true;
    this.#image.alt = "";
    const line = make("p", "line", this.#mark, this.#label, this.#site, this.#values, this.#since, this.#clock);
    const caption = make("div", "caption", this.#reason, this.#procedure, line);
    element.replaceChildren(this.#video, this.#image, this.#trouble, this.#marks, this.#note, caption);
    this.#player = new Player(this.#video, () => { this.#waitsForKey = true; });
  }

  // A message about its stream.
  hear(message) {
    if (message.kind === "skipped") this.#skipped += message.skipped;
    if (message.kind === "start") {
      this.#unplayable = Player.plays(message.mime) ? "" : message.codec;
      if (this.#unplayable) this.#showStills(fill(this.#words.cannotPlay, codecName(message.codec)));
      else {
        this.#hideStills();
        this.#player.start(message, true);
        this.#opening = { message, heardAt: performance.now(), init: null };
        this.#waitsForKey = false;
        this.#started = true;
      }
    }
    if (message.kind !== "obstacle") return;
    if (message.obstacle === null) this.#hideStills();
    else this.#showStills(this.#words.obstacles[message.obstacle] ?? "");
  }

  prepare(bytes) {
    if (!this.#started) return;
    this.#opening.init = bytes;
    this.#player.prepare(bytes);
  }

  push(fragment) {
    if (!this.#started || (this.#waitsForKey && !fragment.key)) return;
    if (this.#waitsForKey) this.#beginAnew();
    this.#player.push(fragment);
  }

  // What the wall says of it: see the messages of kind faces in docs/wall-page.md.
  say({ face, dims }) {
    this.#said = { face, dims };
    write(this.#label, face.label);
    write(this.#site, face.site);
    write(this.#clock, face.clock ?? "");
    this.#write(this.#values, (face.values ?? []).map((value) => make("span", value.doubtful ? "doubtful" : "", value.text)));
    // How the node saves says nothing of a stream that is decoded here.
    const marks = (face.marks ?? []).filter((mark) => mark.tone !== "saving" || this.#stills !== null);
    this.#write(this.#marks, marks.map((mark) => make("span", mark.tone, mark.text)));
    const alarm = face.alarm;
    write(this.#reason, alarm?.reason ?? "");
    write(this.#procedure, alarm?.procedure ?? "");
    write(this.#since, alarm ? [alarm.waiting, alarm.acknowledged, alarm.since].filter(Boolean).join(" · ") : "");
    const edge = face.edge ?? (alarm ? { priority: alarm.priority ?? "none", acknowledged: false } : null);
    this.#element.dataset.alarm = edge ? edge.priority : "";
    this.#element.classList.toggle("acknowledged", Boolean(edge?.acknowledged));
  }

  // Turn the camera's own pictures upright by so many degrees, clockwise; stills come upright.
  turn(rotation) {
    this.#video.dataset.turn = rotation;
  }

  get figures() {
    return { shown: (this.#stills ?? this.#player).presentedTotal, late: this.#player.latencyS, skipped: this.#skipped };
  }

  // Called a few times a second: a picture is live only while it moves on, and only while the wall says so.
  tick(wallSpeaks) {
    if (this.#stills === null) this.#player.tick();
    if (this.#player.stuckMs > REBUILD_MS && !document.hidden) {
      this.#player.stop();
      this.#waitsForKey = true;
    }
    const shown = this.#stills ?? this.#player;
    const { seen, ageMs, stale } = assess(shown, this.#openedAt);
    const old = seen ? sayOld(shown, this.#words) : "";
    const { face, dims } = this.#said ?? { face: null, dims: false };
    let trouble = face?.trouble ?? "";
    if (!wallSpeaks) trouble = this.#words.lost;
    else if (!trouble && stale) trouble = `${this.#words[seen ? "stalled" : "connecting"]} · ${Math.floor(ageMs / 1000)} ${this.#words.seconds}`;
    else if (!trouble) trouble = old;
    write(this.#trouble, trouble);
    this.#trouble.hidden = !trouble;
    this.#element.classList.toggle("dim", Boolean(trouble) && Boolean(dims || stale || old || !wallSpeaks));
    // The green of a live picture is not left beside one that is not.
    this.#element.dataset.state = face && trouble === face.trouble && (seen || trouble) ? face.state : "";
    write(this.#mark, face === null ? "" : this.#element.dataset.state === "live" ? "●" : "▲");
    this.#element.classList.toggle("blank", Boolean(face?.blank) || !seen);
  }

  close() {
    this.#hideStills();
    this.#player.close();
    this.#element.replaceChildren();
    for (const name of ["alarm", "state"]) delete this.#element.dataset[name];
    this.#element.classList.remove("dim", "blank", "acknowledged");
  }

  #beginAnew() {
    const { message, heardAt, init } = this.#opening;
    this.#waitsForKey = false;
    this.#player.start({ ...message, sent_at: message.sent_at + (performance.now() - heardAt) / 1000 }, true);
    if (init !== null) this.#player.prepare(init);
  }

  #showStills(why) {
    this.#started = false;
    this.#player.stop();
    this.#video.hidden = true;
    write(this.#note, why);
    if (this.#stills !== null) return;
    this.#stills = new Stills(this.#stillAddress, this.#image, STILL_EVERY_MS, this.#signedOut);
    this.#stills.run();
  }

  #hideStills() {
    this.#video.hidden = false;
    write(this.#note, "");
    this.#stills?.end();
    this.#stills = null;
  }

  #write(element, children) {
    const text = children.map((child) => `${child.className} ${child.textContent}`).join("|");
    if (element.dataset.text === text) return;
    element.dataset.text = text;
    element.replaceChildren(...children);
  }
}

// A codec as people call it.
export function codecName(codec) {
  if (/^(hvc|hev)1/.test(codec)) return "H.265";
  return codec.startsWith("avc1") ? "H.264" : codec;
}
