// What is said over the picture: the honest overlay, the mode label, the figures; the tools and their keys; full
// screen; the resting pointer.

import { make, write } from "./element.js";

const POINTER_RESTS_MS = 3_000;
const TOAST_MS = 5_000;

export class Screen {
  #words;
  #main = document.getElementById("wall");
  #overlay = document.getElementById("overlay");
  #reason = document.getElementById("reason");
  #age = document.getElementById("age");
  #mend = document.getElementById("mend");
  #mode = document.getElementById("mode");
  #figures = document.getElementById("figures");
  #tools = document.getElementById("tools");
  #toast = document.getElementById("toast");
  #exercise = document.getElementById("exercise");
  #keys = new Map();
  #toastTimer = 0;

  constructor(words) {
    this.#words = words;
    document.getElementById("keys").textContent = words.keys;
    this.#main.setAttribute("aria-describedby", "keys");
    this.#listen();
    this.#restPointer();
  }

  // Cover the picture: `reason` names a word; `ageS` is how long it has been so, null when that is not known.
  cover(reason, ageS, lost) {
    this.#overlay.hidden = false;
    this.#overlay.classList.toggle("lost", lost);
    write(this.#reason, this.#words[reason]);
    write(this.#age, ageS === null ? "" : ` · ${Math.floor(ageS)} ${this.#words.seconds}`);
    write(this.#mend, lost ? `${this.#words.retrying} …` : "");
  }

  uncover() {
    this.#overlay.hidden = true;
    write(this.#reason, "");
  }

  // `warns` of what must not be overlooked.
  label(text, warns = false) {
    this.#mode.hidden = !text;
    this.#mode.classList.toggle("warns", warns);
    write(this.#mode, text);
  }

  // Rows of [word, text].
  showFigures(rows) {
    if (this.#figures.hidden) return;
    this.#figures.replaceChildren(...rows.map(([word, text]) => {
      const row = document.createElement("div");
      const name = document.createElement("dt");
      const value = document.createElement("dd");
      name.textContent = this.#words[word];
      value.textContent = text;
      row.append(name, value);
      return row;
    }));
  }

  focus() {
    this.#main.focus();
  }

  exercise(text) {
    this.#exercise.hidden = !text;
    write(this.#exercise, text);
  }

  // Says something for a few seconds.
  toast(text) {
    clearTimeout(this.#toastTimer);
    write(this.#toast, text);
    this.#toast.hidden = false;
    this.#toastTimer = setTimeout(() => { this.#toast.hidden = true; }, TOAST_MS);
  }

  // Rows of [key's place on the keyboard, word, what it does, whether it is offered]: a button each.
  tools(rows) {
    const offered = rows.filter(([, , , isOffered]) => isOffered);
    const drawn = offered.map(([code, word]) => `${code}${word}`).join();
    this.#keys = new Map(offered.map(([code, , act]) => [code, act]));
    if (this.#tools.dataset.drawn === drawn) return;
    this.#tools.dataset.drawn = drawn;
    this.#tools.replaceChildren(...offered.map(([code, word]) => {
      const button = make("button", "", make("kbd", "", code.slice(-1)), ` ${word}`);
      button.type = "button";
      button.addEventListener("click", () => this.#keys.get(code)?.());
      return button;
    }));
  }

  toggleFigures() {
    this.#figures.hidden = !this.#figures.hidden;
  }

  toggleFullScreen() {
    const done = document.fullscreenElement ? document.exitFullscreen() : this.#main.requestFullscreen();
    done.catch(() => {});
  }

  // Keys by their place on the keyboard, so that they work under a Cyrillic layout too.
  #listen() {
    document.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
      this.#keys.get(event.code)?.();
    });
    this.#main.addEventListener("dblclick", (event) => {
      if (!event.target.closest("button, a, aside, section")) this.toggleFullScreen();
    });
  }

  #restPointer() {
    let timer = 0;
    const wake = () => {
      clearTimeout(timer);
      this.#main.classList.remove("idle");
      timer = setTimeout(() => this.#main.classList.add("idle"), POINTER_RESTS_MS);
    };
    for (const name of ["pointermove", "pointerdown", "focusin"]) this.#main.addEventListener(name, wake);
    wake();
  }
}
