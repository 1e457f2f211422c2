// For those who may: the wall's layout and its spotlight.

import { make } from "./element.js";

const LAYOUTS = ["1x1", "2x2", "3x3", "4x4", "5x5", "6x6", "8x8", "1+5", "1+7", "1+12", "2+8"];

export class Control {
  #words;
  #order;
  #root = document.getElementById("control");

  // `order(body)` gives an order and says how it went.
  constructor(words, order) {
    this.#words = words;
    this.#order = order;
  }

  get isOpen() {
    return !this.#root.hidden;
  }

  toggle(scene, open = this.#root.hidden) {
    this.#root.hidden = !open;
    if (open) this.#draw(scene);
    if (open) this.#root.querySelector("button")?.focus();
  }

  show(scene) {
    for (const button of this.#root.querySelectorAll("[data-layout]")) {
      button.setAttribute("aria-pressed", String(button.dataset.layout === scene?.layout));
    }
  }

  #draw(scene) {
    const layouts = LAYOUTS.map((layout) => {
      const button = this.#button(layout, { layout });
      button.dataset.layout = layout;
      return button;
    });
    this.#root.replaceChildren(
      make("h2", "", this.#words.layout),
      make("div", "choices", ...layouts),
      make("h2", "", this.#words.spotlight),
      make("div", "choices", this.#button(this.#words.clearSpotlight, { clear_spotlight: true })),
    );
    this.show(scene);
  }

  #button(text, change) {
    const button = make("button", "", text);
    button.type = "button";
    button.addEventListener("click", () => this.#order({ name: "change-wall", change }));
    return button;
  }
}
