// How this browser has the composed wall: groups of buttons, of each of which one is chosen.

import { make, write } from "./element.js";

export class Choice {
  #root = document.getElementById("choice");
  #choose;
  #drawn = "";

  // `choose(group, value)` is called when somebody chooses.
  constructor(choose) {
    this.#choose = choose;
  }

  get isOpen() {
    return !this.#root.hidden;
  }

  toggle(open = this.#root.hidden) {
    this.#root.hidden = !open;
    if (open) this.#root.querySelector("[aria-pressed=true]")?.focus();
  }

  // Groups of {name, title, note, chosen, options: [[value, text], ...]}. The buttons stay as long as their texts do.
  show(groups) {
    const drawn = JSON.stringify(groups.map(({ title, options }) => [title, options]));
    if (drawn !== this.#drawn) this.#root.replaceChildren(...groups.flatMap((group) => this.#draw(group)));
    this.#drawn = drawn;
    for (const { name, chosen, note } of groups) {
      for (const button of this.#root.querySelectorAll(`[data-group=${name}]`)) {
        button.setAttribute("aria-pressed", String(button.dataset.value === chosen));
      }
      write(document.getElementById(`choice-${name}-note`), note);
    }
  }

  #draw({ name, title, options }) {
    const head = make("h2", "", title);
    head.id = `choice-${name}`;
    const buttons = options.map(([value, text]) => {
      const button = make("button", "", text);
      button.type = "button";
      Object.assign(button.dataset, { group: name, value });
      button.addEventListener("click", () => this.#choose(name, value));
      return button;
    });
    const row = make("div", "choices", ...buttons);
    row.setAttribute("role", "group");
    row.setAttribute("aria-labelledby", head.id);
    const note = make("p", "none");
    note.id = `choice-${name}-note`;
    return [head, row, note];
  }
}
