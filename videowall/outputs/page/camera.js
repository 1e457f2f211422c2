// One camera over the whole page: its main stream as it comes from the camera, or decoded pictures where it may not.

import { Clip } from "./clip.js";
import { make, write } from "./element.js";
import { STALE_MS, assess, sayOld } from "./liveness.js";
import { Player } from "./player.js";
import { Stills } from "./stills.js";
import { Stream } from "./stream.js";
import { codecName } from "./tile.js";
import { fill } from "./words.js";

const REBUILD_MS = 6_000;
const STILL_EVERY_MS = 200;

export class CameraView {
  camera = null;
  #wall;
  #words;
  #handlers;
  #root = document.getElementById("camera");
  #video = document.getElementById("camera-video");
  #image = document.getElementById("camera-still");
  #mark = document.getElementById("camera-mark");
  #name = document.getElementById("camera-name");
  #note = document.getElementById("camera-note");
  #trouble = document.getElementById("camera-trouble");
  #presets = document.getElementById("camera-presets");
  #spot = document.getElementById("camera-spot");
  #clip;
  #player = null;
  #stream = null;
  #stills = null;
  #said = null;
  #path = "";
  #unplayable = "";
  #mayControl = false;
  #presetsDrawn = "";
  #openedAt = 0;

  // handlers: closed(), faceOf(camera) as the wall says it, order(body), say(text), signedOut(), wallSpeaks()
  constructor(wall, words, handlers) {
    this.#wall = wall;
    this.#words = words;
    this.#handlers = handlers;
    write(document.getElementById("camera-back"), `← ${words.back}`);
    this.#clip = new Clip(wall, words, handlers.say);
    write(this.#spot, words.toSpotlight);
    document.getElementById("camera-back").addEventListener("click", () => this.close());
    this.#spot.addEventListener("click", () => handlers.order({ name: "change-wall", change: { spotlight: this.camera } }));
  }

  get isOpen() {
    return this.camera !== null;
  }

  open(key, mayControl, maySave) {
    if (this.isOpen) this.#end();
    this.camera = { site: key.site, device: key.device };
    this.#mayControl = mayControl;
    this.#openedAt = performance.now();
    this.#said = null;
    this.#unplayable = "";
    this.#root.hidden = false;
    write(this.#name, "");
    write(this.#note, "");
    this.#drawPresets([]);
    this.#spot.hidden = !mayControl;
    const path = `/wall/${this.#wall}/camera/${key.site}/${key.device}`;
    this.#clip.show(path, maySave);
    this.#path = path;
    this.#player = new Player(this.#video, () => this.#stream?.again());
    this.#openStream("main");
    document.getElementById("camera-back").focus();
    this.tick();
  }

  // A browser without H.265 may still play the smaller stream, which is often H.264.
  #openStream(role) {
    this.#stream?.end();
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    this.#stream = new Stream(`${scheme}//${location.host}${this.#path}/stream?role=${role}`, this.#player, {
      unplayable: () => this.#cannotPlay(role),
      signedOut: this.#handlers.signedOut,
      said: (message) => this.#hear(message),
    });
    this.#stream.open();
  }

  #cannotPlay(role) {
    this.#unplayable = fill(this.#words.cannotPlay, codecName(this.#stream.offered));
    if (role === "main") this.#openStream("sub");
    else this.#showStills(this.#unplayable);
  }

  // Turn the camera's own pictures upright by so many degrees, clockwise; stills come upright.
  turn(rotation) {
    this.#video.dataset.turn = rotation;
  }

  close() {
    if (!this.isOpen) return;
    this.#end();
    this.#root.hidden = true;
    this.camera = null;
    this.#handlers.closed();
  }

  tick() {
    if (!this.isOpen) return;
    this.#stream.tick();
    if (this.#stills === null) this.#player.tick();
    const now = performance.now();
    const shown = this.#stills ?? this.#player;
    const { seen, ageMs, stale } = assess(shown, this.#openedAt);
    // What is said of stills comes from the wall, on another way than they.
    const silent = this.#stills !== null && !this.#handlers.wallSpeaks();
    const old = seen ? sayOld(shown, this.#words) : "";
    const reason = this.#stream.refusal ?? (seen ? (now - this.#stream.heardAt > 2 * STALE_MS ? "lost" : "stalled") : "connecting");
    const said = this.#toSay();
    let trouble = said?.trouble ?? "";
    if (this.#stream.refusal || (!trouble && (stale || !seen))) {
      // What is not there is the camera, not the wall.
      const word = reason === "unknown" ? this.#words.obstacles.unknown : this.#words[reason];
      trouble = `${word}${stale ? ` · ${Math.floor(ageMs / 1000)} ${this.#words.seconds}` : ""}`;
    } else if (silent) trouble = this.#words.lost;
    else if (!trouble) trouble = old;
    write(this.#trouble, trouble);
    this.#trouble.hidden = !trouble;
    this.#root.classList.toggle("dim", Boolean(trouble) && Boolean(stale || !seen || silent || old || said?.dims));
    this.#root.dataset.state = said && trouble === said.trouble ? said.state : "connecting";
    write(this.#mark, said?.state === "live" && !trouble ? "●" : "▲");
    if (this.#stills === null && this.#stream.isFlowing && !document.hidden && this.#player.stuckMs > REBUILD_MS) {
      this.#stream.again();
    }
    this.#tellStream();
  }

  // Stills are of the picture on the wall, which may come from another stream than the one that is not played.
  #toSay() {
    const onWall = this.#stills === null ? undefined : this.#handlers.faceOf(this.camera);
    return onWall ? { ...onWall.face, dims: onWall.dims } : this.#said;
  }

  #hear(message) {
    if (message.kind === "obstacle") {
      if (message.obstacle === null) this.#hideStills();
      else this.#showStills(this.#words.obstacles[message.obstacle] ?? message.obstacle);
    }
    if (message.kind !== "state") return;
    this.#said = message;
    write(this.#name, `${message.label} · ${message.site}`);
    if (this.#mayControl) this.#drawPresets(message.presets);
  }

  // The buttons stay as long as the camera's presets do.
  #drawPresets(presets) {
    const drawn = JSON.stringify(presets);
    if (drawn === this.#presetsDrawn) return;
    this.#presetsDrawn = drawn;
    this.#presets.replaceChildren(...presets.map((preset) => {
      const button = make("button", "", preset);
      button.type = "button";
      button.addEventListener("click", () =>
        this.#handlers.order({ name: "go-to-preset", change: { ...this.camera, preset } }));
      return button;
    }));
  }

  #tellStream() {
    if (this.#stills !== null) return;
    const start = this.#stream.start;
    if (start === null) return;
    const late = this.#player.latencyS;
    const parts = [this.#words.roles[start.role], codecName(start.codec), `${start.width}×${start.height}`];
    if (late !== null) parts.push(`${Math.round(late * 1000)} ms`);
    if (this.#unplayable) parts.unshift(this.#unplayable);
    if (this.#stream.skippedTotal) parts.push(`${this.#words.skipped} ${this.#stream.skippedTotal}`);
    write(this.#note, parts.join(" · "));
  }

  #showStills(why) {
    write(this.#note, why);
    this.#video.hidden = true;
    if (this.#stills !== null) return;
    this.#player.stop();
    const { site, device } = this.camera;
    this.#stills = new Stills(`/wall/${this.#wall}/camera/${site}/${device}.jpg?width=1920`, this.#image, STILL_EVERY_MS,
      this.#handlers.signedOut);
    this.#stills.run();
  }

  #hideStills() {
    this.#video.hidden = false;
    this.#stills?.end();
    this.#stills = null;
  }

  #end() {
    this.#hideStills();
    this.#stream.end();
    this.#stream = null;
    this.#player.close();
  }
}
