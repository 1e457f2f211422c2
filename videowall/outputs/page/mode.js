// How this browser shows the wall: as the composed picture, or drawn by itself out of the cameras' own streams.

const KEY = "shekara.mode";
const MODES = ["composed", "passthrough"];

// What the address asks for, and from then on; else what was chosen last; else the composed picture.
export function chooseMode(asked) {
  const wanted = asked.get("mode");
  if (MODES.includes(wanted)) remember(wanted);
  const mode = MODES.includes(wanted) ? wanted : recall();
  return mode === "passthrough" && "MediaSource" in window && !asked.has("stills") ? mode : "composed";
}

export function remember(mode) {
  try {
    localStorage.setItem(KEY, mode);
  } catch {
    // A browser that keeps nothing asks again next time.
  }
}

function recall() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}
