// Tiles that are no camera's, drawn from what the wall was told: clock, message, alarms, posts.

import { make, write } from "./element.js";
import { fill } from "./words.js";

const MOST_ROWS = 12;
// What is shown first where there is not room for all.
const GRAVITY = ["alarm", "unreachable", "degraded", "normal"];
// Where the plan names a zone that there is none of here (as captions/face.py).
const ZONE = "Asia/Almaty";

export class Panels {
  #faces;
  #words;
  #filled = new Map();

  constructor(faces, words) {
    this.#faces = faces;
    this.#words = words;
  }

  fill(element, place) {
    element.replaceChildren();
    this.#filled.delete(element);
    if (!place.panel) return;
    const panel = make("div", `panel ${place.panel}`);
    element.replaceChildren(panel);
    this.#filled.set(element, { panel, place });
    this.tick();
  }

  tick() {
    for (const [element, { panel, place }] of this.#filled) {
      if (element.isConnected) this.#draw(panel, place);
      else this.#filled.delete(element);
    }
  }

  #draw(panel, place) {
    const { board, scene, isBoardFresh } = this.#faces;
    if (place.panel === "message") write(panel, place.text);
    else if (place.panel === "clock") write(panel, timeIn(scene.time_zone, this.#faces.nowMs));
    else if (board === null) write(panel, this.#words.noBoard);
    else {
      panel.classList.toggle("old", !isBoardFresh);
      const rows = place.panel === "alarms" ? this.#alarms(board, scene) : this.#sites(board, scene);
      const total = place.panel === "alarms" ? Math.max(board.alarms_total, rows.length) : rows.length;
      const head = isBoardFresh ? this.#words[place.panel] : this.#words.oldBoard;
      const said = rows.map((row) => `${row.className} ${row.textContent}`);
      const text = [head, total, panel.clientWidth, panel.clientHeight, ...said].join("|");
      if (panel.dataset.text === text) return;
      panel.dataset.text = text;
      this.#fit(panel, make("p", "head", head), rows, total);
    }
  }

  // As many rows as there is room for; the rest is counted.
  #fit(panel, head, rows, total) {
    let shown = Math.min(rows.length, MOST_ROWS);
    for (;;) {
      const more = total > shown ? [make("p", "more", fill(this.#words.more, total - shown))] : [];
      panel.replaceChildren(head, ...rows.slice(0, shown), ...more);
      if (shown === 0 || panel.scrollHeight <= panel.clientHeight) return;
      shown -= 1;
    }
  }

  #alarms(board, scene) {
    return board.alarms.map((alarm) => make("p", `row ${alarm.priority} ${alarm.acknowledged ? "acknowledged" : ""}`,
      make("b", "", nameIn(alarm.message, scene.language)), make("span", "", nameIn(alarm.site_names, scene.language))));
  }

  #sites(board, scene) {
    const sites = [...board.sites].sort((one, other) => GRAVITY.indexOf(one.condition) - GRAVITY.indexOf(other.condition));
    return sites.map((site) => make("p", `row ${site.condition}`, make("b", "", nameIn(site.names, scene.language)),
      make("span", "", [this.#words.conditions[site.condition], ...(site.values ?? []).map((one) =>
        `${one.symbol} ${one.value} ${one.unit}${one.doubtful ? " ?" : ""}`)].join(" · "))));
  }
}

// A name in a language, or the nearest that exists.
export function nameIn(names, language) {
  return names?.[language] || names?.ru || names?.en || names?.kk || "";
}

export function timeIn(zone, at) {
  return formatIn(zone ?? ZONE).format(at);
}

function formatIn(timeZone) {
  try {
    return new Intl.DateTimeFormat("ru", { timeZone, timeStyle: "medium" });
  } catch {
    return formatIn(ZONE);
  }
}
