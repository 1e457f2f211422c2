// Builds the page and, five times a second, decides what may be shown: a picture is live only while it moves on.

import { Alarms } from "./alarms.js";
import { CameraView } from "./camera.js";
import { Choice } from "./choice.js";
import { Control } from "./control.js";
import { DrawnWall } from "./drawn.js";
import { Faces } from "./faces.js";
import { DELAYS, PROFILES, chooseDelay, chooseMode, chooseProfile, remember } from "./mode.js";
import { order } from "./order.js";
import { Panels } from "./panels.js";
import { Picture } from "./picture.js";
import { Places } from "./places.js";
import { Rate } from "./rate.js";
import { Renewal } from "./renewal.js";
import { Screen } from "./screen.js";
import { chooseLanguage, wordsIn } from "./words.js";

const DECIDE_EVERY_MS = 200;

const asked = new URLSearchParams(location.search);
const language = chooseLanguage(asked.get("lang"), navigator.languages ?? []);
const words = wordsIn(language);
const wall = document.body.dataset.wall;
const mode = chooseMode(asked);
const socketRoot = `${location.protocol === "https:" ? "wss:" : "ws:"}//${location.host}/wall/${wall}`;
document.documentElement.lang = language;

let leaving = false;

// Through the front door again: it leads to the sign-in page, and that back here when somebody is signed in there.
function signInAgain() {
  if (leaving) return;
  leaving = true;
  setTimeout(() => location.replace(`/${location.search}`), 3_000 + Math.random() * 3_000);
}

async function give(body) {
  screen.toast(words.asking);
  screen.toast((await order(wall, body, words)) ?? words.done);
}

const screen = new Screen(words);
const faces = new Faces(`${socketRoot}/faces`, {
  hello: () => {
    renewal.hear(faces.hello.version);
    showTools();
  },
  scene: showScene,
  faces: () => {
    places.name();
    drawn?.say(faces);
  },
  board: () => alarms.tick(),
  signedOut: signInAgain,
});
const stage = document.getElementById("stage");
const places = new Places(stage, document.getElementById("places"), openCamera, nameOfPlace);
const camera = new CameraView(wall, words, {
  closed: cameraClosed, faceOf, order: give, say: (text) => screen.toast(text), signedOut: signInAgain,
  wallSpeaks: () => faces.isFresh,
});
const alarms = new Alarms(faces, words, language, openCamera, () => openPanel(alarms));
const control = new Control(words, give);
const choice = new Choice((name, value) => {
  forget(name);
  picture.choose(name, value);
  showChoice();
});
const renewal = new Renewal(document.body.dataset.version, () =>
  camera.isOpen || control.isOpen || choice.isOpen || alarms.isRead);

const drawn = mode === "passthrough"
  ? new DrawnWall(wall, words, places, new Panels(faces, words), signInAgain) : null;
const picture = drawn === null
  ? new Picture(wall, { profile: chooseProfile(asked), delay: chooseDelay(asked) }, words, screen, signInAgain) : null;
document.body.classList.add(mode);
const rate = new Rate();
let opened = null;
let drawnOpened = false;

function nameOfPlace(place) {
  const label = faces.faces.get(place.number)?.face;
  return label ? `${label.label}, ${label.site}` : `${place.device} ${place.site}`.trim();
}

function placeOf({ site, device }) {
  return faces.scene?.places.find((one) => one.site === site && one.device === device);
}

function faceOf(key) {
  const place = placeOf(key);
  return place && faces.faces.get(place.number);
}

function showScene() {
  const { scene } = faces;
  places.show(scene);
  control.show(scene);
  if (camera.isOpen) camera.turn(placeOf(camera.camera)?.rotation);
  drawn?.show(scene);
  drawn?.say(faces);
  document.title = `${scene.exercise ? `${words.exercise} - ` : ""}${scene.title} - Shekara`;
  sayExercise();
  if (drawn !== null && !drawnOpened) {
    drawnOpened = true;
    drawn.open();
  }
}

// What the wall draws says it on its pictures; what comes from cameras themselves does not.
function sayExercise() {
  screen.exercise(faces.scene?.exercise && (drawn !== null || camera.isOpen) ? words.exercise : "");
}

function openCamera(key) {
  opened = document.activeElement;
  openPanel(null);
  camera.open(key, Boolean(faces.hello?.may_control), Boolean(faces.hello?.may_save));
  camera.turn(placeOf(key)?.rotation);
  // Nobody goes with the keyboard through what the camera lies over.
  stage.inert = true;
  sayExercise();
}

function cameraClosed() {
  stage.inert = false;
  sayExercise();
  if (opened?.isConnected && !opened.closest("[hidden]")) opened.focus();
  else screen.focus();
}

// One of them at most is open.
function openPanel(panel) {
  alarms.toggle(panel === alarms && !alarms.isOpen);
  control.toggle(faces.scene, panel === control && !control.isOpen);
  choice.toggle(panel === choice && !choice.isOpen);
  if (document.activeElement?.closest("aside[hidden]")) screen.focus();
}

// What was chosen here goes before what the address asks.
function forget(...names) {
  const query = new URLSearchParams(location.search);
  for (const name of names) query.delete(name);
  history.replaceState(null, "", query.size ? `/?${query}` : "/");
}

// A size that is no other than the whole wall is no choice.
function showChoice() {
  const { width, height } = faces.scene ?? { width: 0, height: 0 };
  const isMiddle = width <= 1920 && height <= 1080;
  const options = PROFILES.filter((name) => name !== "1080p" || !isMiddle || picture.profile === name)
    .map((name) => [name, name === "full" && width ? `${words.profiles.full} · ${width}×${height}` : words.profiles[name]]);
  const delays = DELAYS.map((name) => [name, words.delays[name]]);
  choice.show([
    { name: "profile", title: words.size, note: "", chosen: picture.profile, options },
    { name: "delay", title: words.delay, note: picture.obstacle, chosen: picture.delay, options: delays },
  ]);
}

function switchMode() {
  remember("mode", mode === "passthrough" ? "composed" : "passthrough");
  forget("mode", "stills");
  location.reload();
}

function showTools() {
  screen.tools([
    ["KeyL", words.control, () => openPanel(control), Boolean(faces.hello?.may_control)],
    ["KeyA", words.alarms, () => openPanel(alarms), true],
    ["KeyQ", words.picture, () => openPanel(choice), Boolean(picture?.isStream)],
    ["KeyP", drawn === null ? words.toPassthrough : words.toComposed, switchMode, "MediaSource" in window],
    ["KeyI", words.figures, () => screen.toggleFigures(), true],
    ["KeyF", words.fullScreen, () => screen.toggleFullScreen(), true],
  ]);
}

// Nearest first: what lies on top is closed first.
function back() {
  if (control.isOpen || choice.isOpen || alarms.isOpen) openPanel(null);
  else camera.close();
}

// A click beside an open panel closes it, and nothing else: not everybody has an Escape key.
for (const beside of [stage, document.getElementById("camera")]) {
  beside.addEventListener("click", (event) => {
    if (![alarms, control, choice].some((panel) => panel.isOpen) || event.target.closest("#tools")) return;
    event.stopPropagation();
    openPanel(null);
  }, { capture: true });
}

document.addEventListener("keydown", (event) => {
  if (event.code === "Escape" && !event.repeat) back();
  else if (event.code.startsWith("Arrow") && !camera.isOpen
    && !document.activeElement?.closest("#places, aside, #tools")) {
    event.preventDefault();
    places.focus(faces.scene?.places.find((place) => place.device)?.number);
  }
});

// A page that has failed shows nothing rather than something old, and begins anew.
function decide() {
  try {
    judge();
  } catch (error) {
    document.body.classList.add("failed");
    screen.cover("failed", null, true);
    reloadOnce();
    reportError(error);
  }
}

let reloading = false;

function reloadOnce() {
  if (!reloading) setTimeout(() => location.reload(), 3_000 + Math.random() * 3_000);
  reloading = true;
}

function judge() {
  camera.tick();
  if (picture !== null) {
    picture.tick();
    showChoice();
    return;
  }
  drawn.tick(faces.isFresh);
  if (faces.scene === null) screen.cover(faces.isFresh ? "noPlan" : "connecting", null, false);
  else if (faces.quiet !== null && !faces.isFresh) screen.cover("lost", null, true);
  else screen.uncover();
  screen.label(words.passthrough);
  const { tiles, shown, late, skipped } = drawn.figures;
  screen.showFigures([
    ["rate", `${rate.of(shown)}/${words.seconds}`],
    ["tiles", String(tiles)],
    ["behind", late === null ? "-" : `${Math.round(late * 1000)} ms`],
    ["skipped", String(skipped)],
  ]);
}

picture?.open(asked.has("stills"));
showTools();
faces.open();
setInterval(decide, DECIDE_EVERY_MS);
setInterval(() => {
  faces.tick();
  alarms.tick();
  renewal.tick();
}, 1_000);
document.addEventListener("visibilitychange", decide);
// Out of a browser's memory comes a page whose streams have ended.
window.addEventListener("pageshow", (event) => event.persisted && location.reload());
decide();
screen.focus();

// A wall's screen never sleeps, where the browser lets a page ask for that.
async function keepAwake() {
  if (document.visibilityState === "visible") await navigator.wakeLock?.request("screen");
}
document.addEventListener("visibilitychange", () => keepAwake().catch(() => {}));
keepAwake().catch(() => {});
