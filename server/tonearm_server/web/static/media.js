// The lock screen, the headphones' buttons and the keyboard's media keys.
//
// A recipe, not a call: seek offsets are switched off by name, or phones show them in place of the track
// buttons; everything is applied again on "playing"; the position makes the lock screen's line move.

import { coverURL } from "./api.js";

const ART = [320, 640];

export function bindMediaSession(engine, { next, previous }) {
  const session = navigator.mediaSession;
  if (session === undefined) return;

  const handlers = {
    play: () => engine.play(),
    pause: () => engine.pause(),
    previoustrack: previous,
    nexttrack: next,
    seekto: (details) => engine.seek(details.seekTime * 1000),
    seekbackward: null,
    seekforward: null,
  };

  function apply() {
    const { track } = engine;
    if (track === null) return;
    const artwork = track.has_cover
      ? ART.map((size) => ({ src: coverURL(track, size), sizes: `${size}x${size}`, type: "image/webp" }))
      : [];
    session.metadata = new MediaMetadata({ title: track.title, artist: track.artist, album: track.album ?? "", artwork });
    for (const [action, handler] of Object.entries(handlers)) session.setActionHandler(action, handler);
  }

  function place() {
    const duration = engine.durationMs / 1000;
    if (!(duration > 0)) return;
    session.setPositionState({ duration, playbackRate: 1, position: Math.min(engine.positionMs / 1000, duration) });
  }

  engine.addEventListener("track", () => {
    apply();
    place();
  });
  engine.addEventListener("state", () => {
    session.playbackState = engine.isPlaying ? "playing" : engine.track ? "paused" : "none";
    if (engine.isPlaying) apply();
    place();
  });
  engine.addEventListener("time", place);
}
