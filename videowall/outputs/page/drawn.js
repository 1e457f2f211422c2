// The wall as this browser draws it: every tile's own stream decoded here, nothing composed, nothing encoded anew.

import { make, write } from "./element.js";
import { TileStreams } from "./records.js";
import { Tile } from "./tile.js";

const MOST_KEPT = 100;

// The texts of a face, a line each.
function sayLines(element, face) {
  for (const [name, text] of Object.entries(face ?? {})) {
    if (typeof text !== "string") continue;
    let line = element.querySelector(`.${name}`);
    if (line === null) element.append(line = make("p", name));
    write(line, text);
  }
}

export class DrawnWall {
  #wall;
  #words;
  #places;
  #signedOut;
  #streams;
  #dark = document.getElementById("dark");
  #tiles = new Map();
  #panels;
  #resting = null;
  // By tile: the camera that its records are of, and what came of it before the scene put that camera there.
  #incoming = new Map();

  constructor(wall, words, places, panels, signedOut) {
    this.#wall = wall;
    this.#words = words;
    this.#places = places;
    this.#panels = panels;
    this.#signedOut = signedOut;
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    this.#streams = new TileStreams(`${scheme}//${location.host}/wall/${wall}/tiles`, {
      text: (number, message) => this.#hear(number, message),
      init: (number, bytes) => this.#pass(number, "prepare", bytes),
      fragment: (number, fragment) => this.#pass(number, "push", fragment),
      signedOut,
    });
  }

  open() {
    this.#streams.open();
  }

  // A tile stays as long as the same camera is in the same place: its picture goes on.
  show(scene) {
    const wanted = new Map(scene.places.map((place) => [place.number, place]));
    for (const [number, { camera, tile }] of this.#tiles) {
      const place = wanted.get(number);
      if (place?.device && camera === `${place.site}/${place.device}`) continue;
      tile.close();
      this.#tiles.delete(number);
    }
    for (const [number, place] of wanted) {
      const element = this.#places.elements.get(number);
      if (place.device) this.#openTile(number, place, element).turn(place.rotation);
      else if (number !== scene.resting) this.#panels.fill(element, place);
      element.classList.toggle("resting", number === scene.resting);
    }
    this.#resting = scene.resting;
  }

  say(faces) {
    for (const [number, face] of faces.faces) this.#tiles.get(number)?.tile.say(face);
    const element = this.#places.elements.get(this.#resting);
    if (element !== undefined) {
      if (!element.querySelector(".quiet")) {
        element.replaceChildren(make("div", "quiet"), make("p", "trouble", this.#words.lost));
      }
      sayLines(element.querySelector(".quiet"), faces.calm);
    }
    this.#dark.hidden = faces.quiet === null;
    sayLines(this.#dark, faces.quiet);
  }

  tick(wallSpeaks) {
    this.#streams.tick();
    for (const { tile } of this.#tiles.values()) tile.tick(wallSpeaks);
    this.#panels.tick();
    // Nobody knows whether all is quiet when the wall is silent.
    for (const quiet of this.#places.elements.get(this.#resting)?.querySelectorAll(".quiet") ?? []) {
      quiet.hidden = !wallSpeaks;
      quiet.nextElementSibling.hidden = wallSpeaks;
    }
  }

  // Of all tiles together; the latest of them says how far behind the wall is.
  get figures() {
    const tiles = [...this.#tiles.values()].map(({ tile }) => tile.figures);
    const late = tiles.map((tile) => tile.late).filter((value) => value !== null);
    return {
      tiles: tiles.length,
      shown: tiles.reduce((sum, tile) => sum + tile.shown, 0),
      late: late.length ? Math.max(...late) : null,
      skipped: tiles.reduce((sum, tile) => sum + tile.skipped, 0),
    };
  }

  #openTile(number, place, element) {
    const open = this.#tiles.get(number);
    if (open !== undefined) return open.tile;
    const camera = `${place.site}/${place.device}`;
    const address = `/wall/${this.#wall}/camera/${camera}.jpg?width=640`;
    const tile = new Tile(element, address, this.#words, this.#signedOut);
    this.#tiles.set(number, { camera, tile });
    const incoming = this.#incoming.get(number);
    const kept = incoming?.camera === camera ? incoming.kept.splice(0) : [];
    for (const [method, item] of kept) tile[method](item);
    return tile;
  }

  #hear(number, message) {
    if (message.kind === "start" || message.kind === "obstacle") {
      const camera = `${message.site}/${message.device}`;
      const known = this.#incoming.get(number);
      if (known?.camera !== camera || message.kind === "start") this.#incoming.set(number, { camera, kept: [] });
    }
    this.#pass(number, "hear", message);
  }

  // Scene and streams come on two sockets: a camera's picture never shows in a tile that is said to be another's.
  #pass(number, method, item) {
    const incoming = this.#incoming.get(number);
    if (incoming === undefined) return;
    const tile = this.#tiles.get(number);
    if (tile?.camera === incoming.camera) tile.tile[method](item);
    else if (incoming.kept.length < MOST_KEPT) incoming.kept.push([method, item]);
  }
}
