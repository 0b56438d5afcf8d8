// One object for each track, wherever it is shown, and the likes that change it.

import * as api from "./api.js";
import { say } from "./text.js";

const known = new Map();

/** Says "change" with the track as `detail` when one of its fields did. */
export const changes = new EventTarget();

/** The page's own object of each track; what the server says now replaces what it said before. */
export function intern(track) {
  const mine = known.get(track.id);
  if (mine === undefined) {
    known.set(track.id, track);
    return track;
  }
  return Object.assign(mine, track);
}

const MEDIA_TYPES = {
  mp3: "audio/mpeg",
  flac: "audio/flac",
  vorbis: 'audio/ogg; codecs="vorbis"',
  opus: 'audio/ogg; codecs="opus"',
  aac: 'audio/mp4; codecs="mp4a.40.2"',
  alac: 'audio/mp4; codecs="alac"',
  wav: "audio/wav",
};
const probe = document.createElement("audio");

/** Whether this browser decodes the track's format; ALAC plays in Safari alone (measured 2026-08). */
export const canPlay = (track) => probe.canPlayType(MEDIA_TYPES[track.format] ?? "") !== "";

/** Likes or unlikes at once and takes it back if the server will not. Resolves to what there is to say. */
export async function toggleLike(track) {
  setLiked(track, !track.liked);
  const liked = track.liked;
  try {
    await api.like(track.id, liked);
  } catch (error) {
    if (track.liked === liked) setLiked(track, !liked);
    throw error;
  }
  return say(liked ? "liked" : "unliked", { title: track.title });
}

function setLiked(track, liked) {
  track.liked = liked;
  track.likes += liked ? 1 : -1;
  changes.dispatchEvent(new CustomEvent("change", { detail: track }));
}
