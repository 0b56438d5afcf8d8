// The bar at the foot of the page: what sounds, its strip, its buttons.

import { coverURL } from "./api.js";
import { Engine } from "./engine.js";
import { showLike, slot } from "./list.js";
import { showIcon, showModes } from "./modes.js";
import { clock, say } from "./text.js";
import { changes } from "./tracks.js";
import { Wave } from "./wave.js";

const SMALL_COVER = 160;

export function bindPlayer(bar, deck) {
  const { engine, queue } = deck;
  const wave = new Wave(bar.querySelector(".wave"), (ms) => engine.seek(ms));
  const find = (act) => bar.querySelector(`[data-act="${act}"]`);
  const volume = bar.querySelector(".volume");
  volume.hidden = !Engine.canSetVolume();
  volume.addEventListener("input", () => deck.changeVolume(volume.valueAsNumber / 100 - engine.volume));

  const cover = slot(bar, "art").firstElementChild;
  cover.addEventListener("error", () => {
    cover.parentElement.hidden = true;
  });

  function showTrack() {
    const { track } = engine;
    if (track === null) return;
    bar.dataset.loaded = "true";
    wave.show(track);
    const link = slot(bar, "link");
    link.href = `/t/${track.id}`;
    slot(bar, "title").textContent = track.title;
    slot(bar, "artist").textContent = track.artist;
    const art = slot(bar, "art");
    art.hidden = !track.has_cover;
    art.href = link.href;
    art.setAttribute("aria-label", say("more", { title: track.title }));
    if (track.has_cover) cover.src = coverURL(track, SMALL_COVER);
    showLiked();
  }

  function showLiked() {
    const like = find("like");
    if (like && engine.track) showLike(like, engine.track);
  }

  function showState() {
    const { track, isPlaying } = engine;
    document.body.dataset.sound = isPlaying ? "on" : track ? "paused" : "none";
    showIcon(find("toggle"), isPlaying ? "pause" : "play");
    const label = track ? say(isPlaying ? "pause" : "play", track) : say("playThis");
    find("toggle").setAttribute("aria-label", label);
    showModes(bar, deck);
    volume.value = Math.round(engine.volume * 100);
    showTime();
  }

  function showTime() {
    const { positionMs, durationMs, isPlaying, track } = engine;
    wave.place({ positionMs, durationMs: track ? durationMs : 0, isSounding: isPlaying });
    slot(bar, "clock").textContent = `${clock(positionMs)} / ${clock(track ? durationMs : 0)}`;
  }

  engine.addEventListener("track", showTrack);
  engine.addEventListener("recovery", showTrack);
  engine.addEventListener("state", showState);
  engine.addEventListener("time", showTime);
  queue.addEventListener("change", () => showModes(bar, deck));
  changes.addEventListener("change", showLiked);
  showTrack();
  showState();
}
