// Reports what was heard: once half of a track or four minutes of it sounded (tonearm_api.plays).

import { reportPlay } from "./api.js";

const ENOUGH_MS = 4 * 60 * 1000;
const LONGEST_TICK_MS = 2000; // "timeupdate" comes at least every 250 ms; more is a jump, not listening

export function reportPlays(engine) {
  let play = null;

  engine.addEventListener("track", () => {
    play = { id: newID(), startedAt: new Date(), heardMs: 0, positionMs: 0 };
  });
  engine.addEventListener("time", () => {
    if (play === null || engine.track === null) return;
    const stepMs = engine.positionMs - play.positionMs;
    play.positionMs = engine.positionMs;
    if (engine.isPlaying && stepMs > 0 && stepMs < LONGEST_TICK_MS) play.heardMs += stepMs;
    if (play.heardMs < Math.min(ENOUGH_MS, engine.durationMs / 2) || engine.durationMs === 0) return;
    const report = { play_id: play.id, started_at: play.startedAt.toISOString(), listened_ms: Math.round(play.heardMs) };
    play = null;
    reportPlay(engine.track.id, report).catch(() => {}); // A lost count is no reason to disturb a listener.
  });
}

/** 128 random bits in hex. `randomUUID` is kept from pages that came over plain http; this is not. */
function newID() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
