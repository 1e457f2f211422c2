// What is said over the picture: the honest overlay, the mode label, the figures; full screen; the resting pointer.

const POINTER_RESTS_MS = 3_000;

export class Screen {
  #words;
  #main = document.getElementById("wall");
  #overlay = document.getElementById("overlay");
  #reason = document.getElementById("reason");
  #age = document.getElementById("age");
  #mend = document.getElementById("mend");
  #mode = document.getElementById("mode");
  #figures = document.getElementById("figures");

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

  label(text) {
    this.#mode.hidden = !text;
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

  // Keys by their place on the keyboard, so that they work under a Cyrillic layout too.
  #listen() {
    document.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
      if (event.code === "KeyF") this.#toggleFullScreen();
      if (event.code === "KeyI") this.#figures.hidden = !this.#figures.hidden;
    });
    this.#main.addEventListener("dblclick", () => this.#toggleFullScreen());
  }

  #toggleFullScreen() {
    const done = document.fullscreenElement ? document.exitFullscreen() : this.#main.requestFullscreen();
    done.catch(() => {});
  }

  #restPointer() {
    let timer = 0;
    const wake = () => {
      clearTimeout(timer);
      this.#main.classList.remove("idle");
      timer = setTimeout(() => this.#main.classList.add("idle"), POINTER_RESTS_MS);
    };
    this.#main.addEventListener("pointermove", wake);
    wake();
  }
}

// Leaves unchanged text alone, so that it is not announced again.
function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
