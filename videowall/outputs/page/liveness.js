// What a page can tell by itself of a picture that it shows: whether it moves on, and whether it is of now.

import { fill } from "./words.js";

export const STALE_MS = 2_000;
export const LATE_S = 2;
const UNCHANGED_MS = 5_000;

// `shown` presents pictures (a player or stills), `openedAt` is when the first of them began to be waited for.
// A hidden page's video rests on purpose.
export function assess(shown, openedAt) {
  const seen = shown.presentedAt > -Infinity;
  const ageMs = performance.now() - (seen ? shown.presentedAt : openedAt);
  return { seen, ageMs, stale: ageMs > STALE_MS && !document.hidden };
}

// What is to be said of pictures that come, and are old all the same; empty when they are of now.
export function sayOld(shown, words) {
  const lateS = shown.latencyS ?? shown.behindS ?? 0;
  if (lateS > LATE_S) return fill(words.late, Math.round(lateS));
  const unchangedMs = performance.now() - (shown.changedAt ?? Infinity);
  return unchangedMs > UNCHANGED_MS ? `${words.unchanged} ${Math.floor(unchangedMs / 1000)} ${words.seconds}` : "";
}
