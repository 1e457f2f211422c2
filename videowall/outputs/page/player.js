// Plays fragments at the live edge through Media Source Extensions. Everything it keeps is bounded in time or number.
// Whoever makes one calls `tick` a few times a second, and `close` in the end.

const KEPT_BEHIND_S = 4;
const TRIM_BEHIND_S = 8;
const CUT_MARGIN_S = 0.01;
const ROUNDING_S = 0.001;
const JUMP_BEHIND_S = 2;
const CATCH_UP_BEHIND_S = 0.5;
const SETTLED_BEHIND_S = 0.25;
const JUMP_TO_S = 0.1;
const MAX_WAITING = 150;
const MAX_CLOCKS = 300;
const MAX_KEYS = 100;
// Of cameras that send nothing but key pictures a few are enough to cut at.
const KEYS_APART_S = 0.5;
// Clocks of computers differ by less.
const DRIFT = 0.0002;
const SET_BACK_S = 1;

// A hidden page's video rests on purpose.
let visibleSince = 0;
document.addEventListener("visibilitychange", () => { visibleSince = performance.now(); });

export class Player {
  presentedTotal = 0;
  presentedAt = -Infinity;
  latencyS = null;
  #unshownSince = Infinity;
  #video;
  #failed;
  #onError;
  #source = null;
  #buffer = null;
  #mime = "";
  #url = "";
  #waiting = [];
  #clocks = new Map();
  #keys = [];
  #serverAheadS = 0;
  #relatedS = 0;
  #paceS = -Infinity;
  #frameWatch = 0;
  #shownTime = null;
  #counted = 0;
  #countedTime = 0;

  // `failed(text)` is called when playing cannot go on and the stream must be opened anew.
  constructor(video, failed) {
    this.#video = video;
    this.#failed = failed;
    this.#onError = () => this.#fail(video.error?.message ?? "video error");
    video.addEventListener("error", this.#onError);
  }

  static plays(mime) {
    return "MediaSource" in window && MediaSource.isTypeSupported(mime);
  }

  get behindS() {
    const { buffered, currentTime } = this.#video;
    return buffered.length ? buffered.end(buffered.length - 1) - currentTime : null;
  }

  // For how long pictures of this stream have come and none was shown.
  get stuckMs() {
    return Math.max(0, performance.now() - Math.max(this.#unshownSince, visibleSince));
  }

  // A new stream, or (`fresh` false) the same one in a new shape.
  start({ mime, sent_at: sentAt }, fresh) {
    this.#relatedS = performance.now() / 1000;
    this.#serverAheadS = sentAt - this.#relatedS;
    this.#paceS = -Infinity;
    if (fresh || this.#source === null) {
      this.stop();
      this.#open(mime);
    } else if (mime !== this.#mime) {
      this.#waiting.push(mime);
    }
    this.#mime = mime;
  }

  // An init segment.
  prepare(bytes) {
    this.#append(bytes);
  }

  push(fragment) {
    this.#relate(fragment);
    this.#unshownSince = Math.min(this.#unshownSince, performance.now());
    this.#clocks.set(Math.round(fragment.mediaTime * 1000), fragment.encodedAt);
    if (this.#clocks.size > MAX_CLOCKS) this.#clocks.delete(this.#clocks.keys().next().value);
    if (fragment.key && !(fragment.mediaTime < this.#keys.at(-1) + KEYS_APART_S)) this.#keys.push(fragment.mediaTime);
    if (this.#keys.length > MAX_KEYS) this.#keys.shift();
    this.#append(fragment.media);
  }

  // How far the wall's clock is ahead of ours, by the picture that was here soonest. Ours is one that nobody sets.
  #relate({ encodedAt, mediaTime }) {
    const now = performance.now() / 1000;
    const pace = encodedAt - mediaTime;
    if (pace < this.#paceS - SET_BACK_S) this.#serverAheadS -= this.#paceS - pace;
    this.#paceS = pace;
    this.#serverAheadS = Math.max(encodedAt - now, this.#serverAheadS - DRIFT * (now - this.#relatedS));
    this.#relatedS = now;
  }

  stop() {
    this.#source = this.#buffer = null;
    this.#waiting = [];
    this.#clocks.clear();
    this.#keys = [];
    this.#unshownSince = Infinity;
    this.#shownTime = null;
    this.latencyS = null;
    if (this.#frameWatch) this.#video.cancelVideoFrameCallback?.(this.#frameWatch);
    this.#frameWatch = 0;
    this.#video.removeAttribute("src");
    this.#video.load();
    if (this.#url) URL.revokeObjectURL(this.#url);
    this.#url = "";
  }

  close() {
    this.#video.removeEventListener("error", this.#onError);
    this.stop();
  }

  #open(mime) {
    const source = new MediaSource();
    this.#source = source;
    source.addEventListener("sourceopen", () => {
      if (source !== this.#source) return;
      try {
        this.#buffer = source.addSourceBuffer(mime);
      } catch (error) {
        this.#fail(error.name);
        return;
      }
      this.#buffer.addEventListener("updateend", () => this.#next());
      this.#buffer.addEventListener("error", () => this.#fail("the stream cannot be read"));
      this.#next();
    }, { once: true });
    this.#url = URL.createObjectURL(source);
    this.#video.src = this.#url;
    this.#watchFrames();
  }

  #append(item) {
    if (this.#source === null) return;
    this.#waiting.push(item);
    if (this.#waiting.length > MAX_WAITING) this.#fail("the browser does not keep up");
    else this.#next();
  }

  #next() {
    const buffer = this.#buffer;
    if (!buffer || buffer.updating || this.#source.readyState !== "open") return;
    try {
      if (this.#trim(buffer)) return;
      while (typeof this.#waiting[0] === "string") buffer.changeType(this.#waiting.shift());
      if (!this.#waiting.length) return;
      buffer.appendBuffer(this.#waiting.shift());
    } catch (error) {
      this.#fail(error.name);
    }
  }

  // Measured from the newest picture, so that memory stays flat in a hidden page whose video rests. Cut exactly before
  // a key frame: a browser removes everything up to the next one, and from a cut elsewhere that may be all there is.
  #trim(buffer) {
    const { buffered } = buffer;
    if (!buffered.length) return false;
    const end = buffered.end(buffered.length - 1);
    if (end - buffered.start(0) < TRIM_BEHIND_S) return false;
    const cut = this.#keys.findLast((time) => time <= end - KEPT_BEHIND_S);
    if (cut === undefined || cut <= buffered.start(0) + CUT_MARGIN_S) return false;
    this.#keys = this.#keys.filter((time) => time >= cut);
    buffer.remove(0, cut - ROUNDING_S);
    return true;
  }

  // Stays at the live edge: a little faster when a little late, a jump when far behind or in a gap.
  tick() {
    const video = this.#video;
    const { buffered } = video;
    if (!video.requestVideoFrameCallback) this.#countFrames();
    if (!buffered.length) return;
    const last = buffered.length - 1;
    const behind = buffered.end(last) - video.currentTime;
    if (behind > JUMP_BEHIND_S || behind < -0.5 || (video.currentTime < buffered.start(last) && !video.seeking)) {
      video.currentTime = Math.max(buffered.start(last), buffered.end(last) - JUMP_TO_S);
      video.playbackRate = 1;
    } else if (behind > CATCH_UP_BEHIND_S) {
      video.playbackRate = 1.1;
    } else if (behind < SETTLED_BEHIND_S) {
      video.playbackRate = 1;
    }
    if (video.paused) video.play().catch(() => {});
  }

  // A presented picture is the only proof that the wall moves, and one that is told of again is none.
  #watchFrames() {
    const video = this.#video;
    if (!video.requestVideoFrameCallback) return;
    const source = this.#source;
    const watch = (_, frame) => {
      if (source !== this.#source) return;
      if (frame.mediaTime !== this.#shownTime) this.#presented(frame.presentedFrames, frame.mediaTime);
      this.#shownTime = frame.mediaTime;
      this.#frameWatch = video.requestVideoFrameCallback(watch);
    };
    this.#frameWatch = video.requestVideoFrameCallback(watch);
  }

  // Where a browser does not tell of pictures, it counts them; its clock runs on while the picture rests.
  #countFrames() {
    const video = this.#video;
    const { totalVideoFrames, droppedVideoFrames } = video.getVideoPlaybackQuality();
    const more = totalVideoFrames - droppedVideoFrames - this.#counted;
    const moves = !video.seeking && video.currentTime !== this.#countedTime;
    [this.#counted, this.#countedTime] = [this.#counted + more, video.currentTime];
    if (more > 0 && moves) this.#presented(this.presentedTotal + more, null);
  }

  #presented(total, mediaTime) {
    this.presentedTotal = total;
    this.presentedAt = performance.now();
    this.#unshownSince = Infinity;
    const encodedAt = mediaTime === null ? undefined : this.#clocks.get(Math.round(mediaTime * 1000));
    if (encodedAt !== undefined) this.latencyS = performance.now() / 1000 + this.#serverAheadS - encodedAt;
  }

  #fail(text) {
    if (this.#source === null) return;
    this.stop();
    this.#failed(text);
  }
}
