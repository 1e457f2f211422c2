// The alarms that are not over: a bar that is there while there are any, and the whole list when asked for.

import { arrange, make, write } from "./element.js";
import { nameIn, timeIn } from "./panels.js";
import { fill } from "./words.js";

const MOST_IN_BAR = 3;
// What one alarm needs to be read as a rule, in CSS pixels.
const CHIP_WIDTH = 520;
// A page that has just opened has not been told yet what its wall knows.
const FIRST_WORD_MS = 10_000;

export class Alarms {
  #faces;
  #words;
  #language;
  #chooseCamera;
  #bar = document.getElementById("alarm-bar");
  #list = document.getElementById("alarm-list");
  #title = make("h2");
  #notice = make("p", "none");
  #more = make("p", "none");
  // By occurrence, for as long as it is in the list.
  #items = new Map();
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
    if (open) this.#list.querySelector("button")?.focus();
  }

  // Called about once a second, since ages grow.
  tick() {
    const { board } = this.#faces;
    const alarms = board?.alarms ?? [];
    const notice = this.#whyUnknown;
    const isNew = board === null && performance.now() < FIRST_WORD_MS;
    this.#bar.hidden = alarms.length === 0 && (!notice || isNew);
    const rows = alarms.map((alarm) => this.#row(alarm));
    const total = Math.max(board?.alarms_total ?? 0, rows.length);
    const most = Math.min(MOST_IN_BAR, Math.max(1, Math.floor(document.documentElement.clientWidth / CHIP_WIDTH)));
    const drawn = JSON.stringify([notice, total, most, rows]);
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    const shown = rows.slice(0, most);
    const more = total - shown.length;
    this.#bar.replaceChildren(
      ...(notice ? [make("span", "old", notice)] : []),
      ...shown.map((row) => make("span", `chip ${row.classes}`, make("b", "", row.mark),
        make("span", "what", row.what), make("span", "where", row.where), make("span", "age", row.age))),
      ...(more > 0 ? [make("span", "more", fill(this.#words.more, more))] : []),
    );
    if (!this.#list.hidden) this.#drawList(rows, notice, total - rows.length);
  }

  // Why nobody can say which alarms there are now; empty when that is known.
  get #whyUnknown() {
    if (this.#faces.board === null) return this.#words.noBoard;
    return this.#faces.isBoardFresh ? "" : this.#words.oldBoard;
  }

  #drawList(rows, notice, hidden) {
    write(this.#title, this.#words.alarms);
    write(this.#notice, notice || (rows.length + hidden ? "" : this.#words.noAlarms));
    write(this.#more, hidden ? fill(this.#words.more, hidden) : "");
    const before = this.#items;
    this.#items = new Map(rows.map((row) => [row.occurrence, before.get(row.occurrence) ?? new Item(this.#chooseCamera)]));
    for (const row of rows) this.#items.get(row.occurrence).say(row);
    const articles = [...this.#items.values()].map((item) => item.element);
    arrange(this.#list, [this.#title, this.#notice, ...articles, this.#more]);
  }

  #row(alarm) {
    const zone = this.#faces.scene?.time_zone;
    return {
      occurrence: alarm.occurrence,
      cameras: alarm.cameras,
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

// One alarm of the list. Its buttons stay as long as its cameras do.
class Item {
  #chooseCamera;
  #mark = make("b");
  #what = make("span", "what");
  #where = make("span", "where");
  #buttons = make("span", "cameras");
  #cameras = "";
  element = make("article", "", this.#mark, this.#what, this.#where, this.#buttons);

  constructor(chooseCamera) {
    this.#chooseCamera = chooseCamera;
  }

  say(row) {
    this.element.className = row.classes;
    write(this.#mark, row.mark);
    write(this.#what, row.what);
    write(this.#where, `${row.where} · ${row.since} · ${row.age} · ${row.state}`);
    const cameras = JSON.stringify(row.cameras);
    if (cameras !== this.#cameras) this.#buttons.replaceChildren(...row.cameras.map((key) => this.#button(key)));
    this.#cameras = cameras;
  }

  #button(key) {
    const button = make("button", "", `▶ ${key.device}`);
    button.type = "button";
    button.addEventListener("click", () => this.#chooseCamera(key));
    return button;
  }
}

// How long ago, in one unit.
export function ageText(ms, words) {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 120) return `${seconds} ${words.seconds}`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} ${words.minutes}`;
  return `${Math.floor(seconds / 3600)} ${words.hours}`;
}
