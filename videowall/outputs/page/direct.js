// The composed wall over WebRTC (WHEP): the same coded pictures, without a player's buffer in between.
// Whoever makes one calls `tick` a few times a second, and `end` in the end.

import { Backoff } from "./backoff.js";

const ANSWER_MS = 5_000;
const CONNECT_MS = 8_000;
const SILENT_MS = 6_000;
const FLOWING_MS = 2_500;
const LOOK_EVERY_MS = 1_000;
const MOST_FAILURES = 2;
const SDP = { "Content-Type": "application/sdp" };

export class Direct {
  presentedTotal = 0;
  presentedAt = -Infinity;
  latencyS = null;
  refusal = null;
  skippedTotal = 0;
  #address;
  #video;
  #handlers;
  #connection = null;
  #session = "";
  #backoff = new Backoff();
  #timer = 0;
  #begunAt = 0;
  #movedAt = 0;
  #lookedAt = 0;
  #receivedAt = -Infinity;
  #receivedTotal = 0;
  // From the wall to here, taken as half of there and back.
  #wayS = 0;
  #failures = 0;
  #played = false;

  // handlers: impossible(why), after which nothing is tried any more, and signedOut().
  constructor(address, video, handlers) {
    this.#address = address;
    this.#video = video;
    this.#handlers = handlers;
  }

  // A browser that cannot tell which pictures it has shown could show a resting one as live.
  static isHere() {
    return "RTCPeerConnection" in window && "requestVideoFrameCallback" in HTMLVideoElement.prototype;
  }

  get isFlowing() {
    return performance.now() - this.#receivedAt < FLOWING_MS;
  }

  // For how long pictures have come and none was shown.
  get stuckMs() {
    return performance.now() - this.#movedAt;
  }

  get start() {
    const { videoWidth: width, videoHeight: height } = this.#video;
    return this.presentedTotal && width ? { width, height } : null;
  }

  open() {
    const connection = new RTCPeerConnection();
    this.#connection = connection;
    this.#begunAt = this.#movedAt = performance.now();
    this.#receivedTotal = 0;
    connection.ontrack = ({ track, receiver }) => {
      if (connection !== this.#connection) return;
      if ("jitterBufferTarget" in receiver) receiver.jitterBufferTarget = 0;
      this.#video.srcObject = new MediaStream([track]);
      this.#video.play().catch(() => {});
      this.#watchFrames(connection);
    };
    connection.addTransceiver("video", { direction: "recvonly" });
    this.#negotiate(connection).catch(() => this.#fail(connection, "unreachable"));
  }

  // Leave, and come back after a while.
  again() {
    if (this.#connection === null) return;
    this.#leave();
    this.#timer = setTimeout(() => this.open(), this.#backoff.nextDelayMs());
  }

  end() {
    clearTimeout(this.#timer);
    this.#leave();
    this.#video.srcObject = null;
  }

  tick() {
    const connection = this.#connection;
    if (connection === null) return;
    const now = performance.now();
    if (connection.connectionState !== "connected") {
      if (connection.connectionState === "failed" || now - this.#begunAt > CONNECT_MS) this.#fail(connection, "unreachable");
      return;
    }
    if (now - this.#lookedAt > LOOK_EVERY_MS) this.#look(connection, now);
    // A hidden page is not told of pictures.
    if (document.hidden) this.#movedAt = now;
    else if (now - this.#movedAt > SILENT_MS) this.#played ? this.again() : this.#fail(connection, "silent");
  }

  // The wall's candidates are all in its answer, and ours it does not need: nothing is waited for.
  async #negotiate(connection) {
    await connection.setLocalDescription();
    const { sdp } = connection.localDescription;
    let answer;
    try {
      answer = await fetch(this.#address, { method: "POST", headers: SDP, body: sdp, signal: AbortSignal.timeout(ANSWER_MS) });
    } catch {
      if (connection === this.#connection) this.again();
      return;
    }
    const session = answer.headers.get("Location") ?? "";
    if (connection !== this.#connection) {
      dismiss(session);
      return;
    }
    this.#session = session;
    if (answer.status === 201) {
      await connection.setRemoteDescription({ type: "answer", sdp: await answer.text() });
      this.#backoff.connected();
    } else if (answer.status === 401) {
      this.#leave();
      this.refusal = "signedOut";
      this.#handlers.signedOut();
    } else {
      this.#giveUp(answer.status === 503 ? "full" : "notOffered");
    }
  }

  #fail(connection, why) {
    if (connection !== this.#connection) return;
    this.#failures += 1;
    if (this.#failures < MOST_FAILURES) this.again();
    else this.#giveUp(why);
  }

  #giveUp(why) {
    this.end();
    this.#handlers.impossible(why);
  }

  #leave() {
    this.#connection?.close();
    this.#connection = null;
    this.#receivedAt = -Infinity;
    this.latencyS = null;
    dismiss(this.#session);
    this.#session = "";
  }

  // A presented picture is the only proof that the wall moves.
  #watchFrames(connection) {
    this.#video.requestVideoFrameCallback((_, frame) => {
      if (connection !== this.#connection) return;
      this.presentedTotal += 1;
      this.presentedAt = this.#movedAt = performance.now();
      this.#failures = 0;
      this.#played = true;
      const { expectedDisplayTime: shownAt, receiveTime: receivedAt } = frame;
      if (receivedAt !== undefined) this.latencyS = Math.max(0, shownAt - receivedAt) / 1000 + this.#wayS;
      this.#watchFrames(connection);
    });
  }

  async #look(connection, now) {
    this.#lookedAt = now;
    for (const report of (await connection.getStats()).values()) {
      if (connection !== this.#connection) return;
      if (report.type === "candidate-pair" && report.nominated) this.#wayS = (report.currentRoundTripTime ?? 0) / 2;
      if (report.type !== "inbound-rtp") continue;
      if (report.framesReceived > this.#receivedTotal) this.#receivedAt = performance.now();
      this.#receivedTotal = report.framesReceived;
      this.skippedTotal = report.framesDropped;
    }
  }
}

// Gives the place back at once, also while the page goes away.
function dismiss(session) {
  if (session) fetch(session, { method: "DELETE", keepalive: true }).catch(() => {});
}
