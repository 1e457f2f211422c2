// Builds the page and, five times a second, decides what may be shown: a picture is live only while it moves on.

import { Player } from "./player.js";
import { Screen } from "./screen.js";
import { Stills } from "./stills.js";
import { Stream } from "./stream.js";
import { chooseLanguage, wordsIn } from "./words.js";

const STALE_MS = 2_000;
const REBUILD_MS = 6_000;
const UNCHANGED_MS = 5_000;
const DECIDE_EVERY_MS = 200;

const asked = new URLSearchParams(location.search);
const language = chooseLanguage(asked.get("lang"), navigator.languages ?? []);
const words = wordsIn(language);
const wall = document.body.dataset.wall;
document.documentElement.lang = language;

const screen = new Screen(words);
const video = document.getElementById("video");
const openedAt = performance.now();
let stills = null;
let stream = null;
let leaving = false;

// Through the front door again: it leads to the sign-in page, and that back here when somebody is signed in there.
function signInAgain() {
  if (leaving) return;
  leaving = true;
  setTimeout(() => location.replace(`/${location.search}`), 3_000 + Math.random() * 3_000);
}

function showStills() {
  stream?.end();
  player.stop();
  video.hidden = true;
  if (stills !== null) return;
  stills = new Stills(`/wall/${wall}.jpg`, document.getElementById("still"), signInAgain);
  stills.run();
}

const player = new Player(video, () => stream?.again());

if (asked.has("stills") || !("MediaSource" in window)) {
  showStills();
} else {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  stream = new Stream(`${scheme}//${location.host}/wall/${wall}/stream`, player, {
    unplayable: showStills,
    signedOut: signInAgain,
  });
  stream.open();
}

let shownTotal = 0;
let rate = 0;
setInterval(() => {
  const total = (stills ?? player).presentedTotal;
  rate = Math.max(0, total - shownTotal);
  shownTotal = total;
}, 1_000);

let rebuiltAt = 0;
function decide() {
  const now = performance.now();
  const { presentedAt } = stills ?? player;
  const seen = presentedAt > 0;
  const ageMs = now - (seen ? presentedAt : openedAt);
  const flowing = stills === null && now - stream.fragmentAt < STALE_MS;
  const reason = whyCovered(ageMs, seen, flowing);
  if (reason === null) screen.uncover();
  else screen.cover(reason, ageMs > STALE_MS ? ageMs / 1000 : null, reason !== "connecting");
  // Pictures come and are not shown: build the player anew. A hidden page rests on purpose.
  if (reason === "stalled" && !document.hidden && ageMs > REBUILD_MS && now - rebuiltAt > REBUILD_MS) {
    rebuiltAt = now;
    stream.again();
  }
  tell(now, reason);
}

// The word for what keeps the picture from being live, or null.
function whyCovered(ageMs, seen, flowing) {
  const { refusal } = stills ?? stream;
  if (refusal !== null) return refusal;
  if (ageMs <= STALE_MS) return seen ? null : "connecting";
  return flowing ? "stalled" : "lost";
}

function tell(now, reason) {
  const unchangedMs = stills === null ? 0 : now - stills.changedAt;
  const unchanged =
    unchangedMs > UNCHANGED_MS ? ` · ${words.unchanged} ${Math.floor(unchangedMs / 1000)} ${words.seconds}` : "";
  screen.label(stills === null ? "" : words.stills + unchanged);
  const rows = [["state", words[reason ?? (stills === null ? "live" : "stills")]], ["rate", `${rate}/${words.seconds}`]];
  if (stills === null) {
    const late = reason === null ? player.latencyS ?? player.behindS : null;
    rows.push(["behind", late === null ? "-" : `${Math.round(late * 1000)} ms`]);
    rows.push(["size", stream.start ? `${stream.start.width}×${stream.start.height}` : "-"]);
    rows.push(["skipped", String(stream.skippedTotal)]);
  }
  screen.showFigures(rows);
}

setInterval(decide, DECIDE_EVERY_MS);
document.addEventListener("visibilitychange", decide);
decide();
document.getElementById("wall").focus();

// A wall's screen never sleeps, where the browser lets a page ask for that.
async function keepAwake() {
  if (document.visibilityState === "visible") await navigator.wakeLock?.request("screen");
}
document.addEventListener("visibilitychange", () => keepAwake().catch(() => {}));
keepAwake().catch(() => {});
