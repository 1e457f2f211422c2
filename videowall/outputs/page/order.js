// Orders to the wall, for those who may give them. The wall passes them on to the centre, which checks who asks.

import { fill } from "./words.js";

const GIVE_UP_MS = 10_000;

// Null when it was done, else what to say about why not.
export async function order(wall, body, words) {
  try {
    const answer = await fetch(`/wall/${wall}/order`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(GIVE_UP_MS),
    });
    if (answer.ok) return null;
    const problem = await answer.json().catch(() => null);
    return problem?.detail ? fill(words.refused, problem.detail) : words.notDone;
  } catch {
    return words.notDone;
  }
}
