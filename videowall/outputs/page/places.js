// One element for each place of the wall, laid exactly over the picture: to point at, to choose with the keyboard.

export class Places {
  elements = new Map();
  #layer;
  #stage;
  #scene = null;
  #choose;
  #label;

  // `choose(place)` is called for a camera's place; `label(place)` is what a place is called.
  constructor(stage, layer, choose, label) {
    this.#stage = stage;
    this.#layer = layer;
    this.#choose = choose;
    this.#label = label;
    new ResizeObserver(() => this.#fit()).observe(stage);
    layer.addEventListener("keydown", (event) => this.#walk(event));
  }

  // Elements of places that stay are kept, with all that was put into them.
  show(scene) {
    this.#scene = scene;
    const wanted = new Set(scene.places.map((place) => place.number));
    for (const [number, element] of this.elements) {
      if (wanted.has(number)) continue;
      element.remove();
      this.elements.delete(number);
    }
    for (const place of scene.places) this.#place(place, scene);
    this.name();
    this.#fit();
  }

  // Call each place what it is called now.
  name() {
    for (const place of this.#scene?.places ?? []) {
      this.elements.get(place.number).setAttribute("aria-label", this.#label(place));
    }
  }

  placeOf(number) {
    return this.#scene?.places.find((place) => place.number === number);
  }

  focus(number) {
    this.elements.get(number)?.focus();
  }

  #place(place, scene) {
    let element = this.elements.get(place.number);
    if (element === undefined) {
      element = document.createElement("button");
      element.type = "button";
      element.className = "place";
      element.addEventListener("click", () => {
        const now = this.placeOf(place.number);
        if (now?.device) this.#choose(now);
      });
      this.elements.set(place.number, element);
      this.#layer.append(element);
    }
    element.disabled = !place.device;
    element.classList.toggle("spot", place.spot);
    element.dataset.camera = place.device ? `${place.site}/${place.device}` : "";
    const style = element.style;
    style.left = `${(100 * place.x) / scene.width}%`;
    style.top = `${(100 * place.y) / scene.height}%`;
    style.width = `${(100 * place.width) / scene.width}%`;
    style.height = `${(100 * place.height) / scene.height}%`;
    style.setProperty("--rows", String(place.height / scene.height));
  }

  // The layer covers the picture alone, not the bars beside it.
  #fit() {
    if (this.#scene === null) return;
    const { clientWidth, clientHeight } = this.#stage;
    const scale = Math.min(clientWidth / this.#scene.width, clientHeight / this.#scene.height);
    const [width, height] = [this.#scene.width * scale, this.#scene.height * scale];
    const style = this.#layer.style;
    style.left = `${(clientWidth - width) / 2}px`;
    style.top = `${(clientHeight - height) / 2}px`;
    style.width = `${width}px`;
    style.height = `${height}px`;
    style.setProperty("--wall-height", `${height}px`);
  }

  // Arrow keys go to the nearest camera in that direction.
  #walk(event) {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.code];
    if (step === undefined || this.#scene === null) return;
    event.preventDefault();
    const here = [...this.elements].find(([, element]) => element === document.activeElement);
    const from = here && this.placeOf(here[0]);
    const next = from ? nearest(from, this.#scene.places, step) : this.#scene.places.find((place) => place.device);
    if (next !== undefined) this.focus(next.number);
  }
}

function nearest(from, places, [right, down]) {
  const [x, y] = middle(from);
  let [best, least] = [undefined, Infinity];
  for (const place of places) {
    if (!place.device || place.number === from.number) continue;
    const [along, aside] = [(middle(place)[0] - x) * right + (middle(place)[1] - y) * down,
      Math.abs((middle(place)[0] - x) * down) + Math.abs((middle(place)[1] - y) * right)];
    const distance = along + 2 * aside;
    if (along > 1 && distance < least) [best, least] = [place, distance];
  }
  return best;
}

function middle(place) {
  return [place.x + place.width / 2, place.y + place.height / 2];
}
