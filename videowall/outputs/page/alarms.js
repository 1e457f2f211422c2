// The alarms that are not over: a bar that is there while there are any, and the whole list when asked for.

import { make, write } from "./element.js";
import { nameIn, timeIn } from "./panels.js";
import { fill } from "./words.js";

const MOST_IN_BAR = 3;

export class Alarms {
  #faces;
  #words;
  #language;
  #chooseCamera;
  #bar = document.getElementById("alarm-bar");
  #list = document.getElementById("alarm-list");
  #drawn = "";

  // `chooseCamera(key)` is called for an alarm whose camera somebody wants to see, `asked()` when the bar is clicked.
  constructor(faces, words, language, chooseCamera, asked) {
    this.#faces = faces;
    this.#words = words;
    this.#language = language;
    this.#chooseCamera = chooseCamera;
    this.#bar.addEventListener("click", asked);
  }

  // Whether somebody may be reading one now.
  get isRead() {
    return !this.#list.hidden || (this.#faces.board?.alarms ?? []).some((alarm) => !alarm.acknowledged);
  }

  get isOpen() {
    return !this.#list.hidden;
  }

  toggle(open = this.#list.hidden) {
    this.#list.hidden = !open;
    this.#bar.setAttribute("aria-expanded", String(open));
    this.#drawn = "";
    this.tick();
    if (open) this.#list.querySelector("button, h2")?.focus();
  }

  // Called about once a second, since ages grow.
  tick() {
    const { board, isBoardFresh } = this.#faces;
    const alarms = board?.alarms ?? [];
    this.#bar.hidden = alarms.length === 0 && (board === null || isBoardFresh);
    const rows = alarms.map((alarm) => this.#row(alarm));
    const drawn = JSON.stringify([isBoardFresh, rows]);
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    const more = board ? board.alarms_total - Math.min(MOST_IN_BAR, rows.length) : 0;
    this.#bar.replaceChildren(
      ...(isBoardFresh ? [] : [make("span", "old", this.#words.oldBoard)]),
      ...rows.slice(0, MOST_IN_BAR).map((row) => make("span", `chip ${row.classes}`, make("b", "", row.mark),
        make("span", "what", row.what), make("span", "where", row.where), make("span", "age", row.age))),
      ...(more > 0 ? [make("span", "more", fill(this.#words.more, more))] : []),
    );
    if (!this.#list.hidden) this.#drawList(rows, alarms);
  }

  #drawList(rows, alarms) {
    const focused = [...this.#list.querySelectorAll("button")].indexOf(document.activeElement);
    this.#list.replaceChildren(
      make("h2", "", this.#words.alarms),
      ...(rows.length ? [] : [make("p", "none", this.#words.noAlarms)]),
      ...rows.map((row, index) => {
        const item = make("article", row.classes, make("b", "", row.mark), make("span", "what", row.what),
          make("span", "where", `${row.where} · ${row.since} · ${row.age} · ${row.state}`));
        for (const key of alarms[index].cameras) {
          const button = make("button", "", `▶ ${key.device}`);
          button.type = "button";
          button.addEventListener("click", () => this.#chooseCamera(key));
          item.append(button);
        }
        return item;
      }),
    );
    if (focused >= 0) this.#list.querySelectorAll("button")[focused]?.focus();
  }

  #row(alarm) {
    const zone = this.#faces.scene?.time_zone ?? "Asia/Almaty";
    return {
      classes: `${alarm.priority} ${alarm.acknowledged ? "acknowledged" : ""}`,
      mark: alarm.acknowledged ? "✓" : "▲",
      what: nameIn(alarm.message, this.#language),
      where: nameIn(alarm.site_names, this.#language) || alarm.key.site,
      since: timeIn(zone, Date.parse(alarm.raised_at)),
      age: ageText(this.#faces.ageMs(alarm.raised_at), this.#words),
      state: `${this.#words.priorities[alarm.priority]}, ${this.#words[alarm.acknowledged ? "acknowledged" : "unacknowledged"]}`,
    };
  }
}

// How long ago, in one unit.
export function ageText(ms, words) {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 120) return `${seconds} ${words.seconds}`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} ${words.minutes}`;
  return `${Math.floor(seconds / 3600)} ${words.hours}`;
}
