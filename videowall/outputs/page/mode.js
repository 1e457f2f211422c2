// How this browser shows the wall, as its address asks and from then on, else as it was chosen last: as the composed
// picture, in one of its sizes and steadily or with the least delay, or drawn by itself out of the cameras' own streams.

export const PROFILES = ["full", "1080p", "720p"];
export const DELAYS = ["steady", "least"];
const MODES = ["composed", "passthrough"];
const NAME = /^[\w-]{1,20}$/;

export function chooseMode(asked) {
  const mode = choose(asked, "mode", MODES);
  return mode === "passthrough" && "MediaSource" in window && !asked.has("stills") ? mode : "composed";
}

// A size that this page does not know is asked for all the same, once: the wall may know it.
export function chooseProfile(asked) {
  const wanted = asked.get("profile") ?? "";
  return !PROFILES.includes(wanted) && NAME.test(wanted) ? wanted : choose(asked, "profile", PROFILES);
}

export function chooseDelay(asked) {
  return choose(asked, "delay", DELAYS);
}

export function remember(name, value) {
  try {
    localStorage.setItem(`shekara.${name}`, value);
  } catch {
    // A browser that keeps nothing asks again next time.
  }
}

function choose(asked, name, known) {
  const wanted = asked.get(name);
  if (known.includes(wanted)) remember(name, wanted);
  const chosen = known.includes(wanted) ? wanted : recall(name);
  return known.includes(chosen) ? chosen : known[0];
}

function recall(name) {
  try {
    return localStorage.getItem(`shekara.${name}`);
  } catch {
    return null;
  }
}
