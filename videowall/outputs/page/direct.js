// The composed wall over WebRTC (WHEP): the same coded pictures, without a player's buffer in between.
// Whoever makes one calls `tick` a few times a second, and `end` in the end.

import { Backoff } from "./backoff.js";

const ANSWER_MS = 5_000;
const CONNECT_MS = 8_000;
const SILENT_MS = 6_000;
const FLOWING_MS = 2_500;
const LOOK_EVERY_MS = 1_000;
const MOST_FAILURES = 2;
const REFUSED_FIRST_S = 20;
const REFUSED_LONGEST_S = 300;
const SDP = { "Content-Type": "application/sdp" };

export class Direct {
  presentedTotal = 0;
  presentedAt = -Infinity;
  latencyS = null;
  refusal = null;
  skippedTotal = 0;
  retriesTotal = 0;
  #address;
  #video;
  #handlers;
  #connection = null;
  #session = "";
  #backoff = new Backoff();
  #refusedBackoff = new Backoff(REFUSED_FIRST_S, REFUSED_LONGEST_S);
  #isPostponed = false;
  #timer = 0;
  #begunAt = 0;
  #movedAt = 0;
  #lookedAt = 0;
  #receivedAt = -Infinity;
  #receivedTotal = 0;
  #droppedTotal = 0;
  // From the wall to here, taken as half of there and back.
  #wayS = 0;
  #failures = 0;
  #played = false;
  #shownStamp = null;
  #frameWatch = 0;

  // handlers: impossible(why), after which nothing is tried any more; postponed(why), after which it is asked for again
  // by itself, the video left alone, until admitted(); and signedOut().
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
    this.#receivedTotal = this.#droppedTotal = 0;
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
    const backoff = this.#isPostponed ? this.#refusedBackoff : this.#backoff;
    this.#timer = setTimeout(() => {
      this.retriesTotal += 1;
      this.open();
    }, backoff.nextDelayMs());
  }

  end() {
    clearTimeout(this.#timer);
    this.#leave();
    if (!this.#isPostponed) this.#video.srcObject = null;
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
      if (this.#isPostponed) this.#handlers.admitted();
      this.#isPostponed = false;
      this.#refusedBackoff.connected();
      await connection.setRemoteDescription({ type: "answer", sdp: await answer.text() });
      this.#backoff.connected();
    } else if (answer.status === 401) {
      this.#leave();
      this.refusal = "signedOut";
      this.#handlers.signedOut();
    } else if (answer.status >= 500) {
      this.#postpone(answer.status === 503 ? "full" : "failing");
    } else {
      this.#giveUp("notOffered");
    }
  }

  // What a server says of itself passes.
  #postpone(why) {
    if (!this.#isPostponed) {
      this.#video.srcObject = null;
      this.#isPostponed = true;
    }
    this.again();
    this.#handlers.postponed(why);
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
    // One that is never called would keep its connection for ever.
    this.#video.cancelVideoFrameCallback(this.#frameWatch);
    this.#connection?.close();
    this.#connection = null;
    this.#receivedAt = -Infinity;
    this.latencyS = null;
    dismiss(this.#session);
    this.#session = "";
  }

  // A presented picture is the only proof that the wall moves.
  #watchFrames(connection) {
    this.#frameWatch = this.#video.requestVideoFrameCallback((_, frame) => {
      if (connection !== this.#connection) return;
      this.#watchFrames(connection);
      // A picture that is told of again, as when the page comes to the front, is no new one.
      if (frame.rtpTimestamp !== undefined && frame.rtpTimestamp === this.#shownStamp) return;
      this.#shownStamp = frame.rtpTimestamp;
      this.presentedTotal += 1;
      this.presentedAt = this.#movedAt = performance.now();
      this.#failures = 0;
      this.#played = true;
      const { expectedDisplayTime: shownAt, receiveTime: receivedAt } = frame;
      if (receivedAt !== undefined) this.latencyS = Math.max(0, shownAt - receivedAt) / 1000 + this.#wayS;
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
      this.skippedTotal += report.framesDropped - this.#droppedTotal;
      this.#droppedTotal = report.framesDropped;
    }
  }
}

// Gives the place back at once, also while the page goes away.
function dismiss(session) {
  if (session) fetch(session, { method: "DELETE", keepalive: true }).catch(() => {});
}
