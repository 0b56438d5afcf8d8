// One track: its cover, what is known of it, its waveform.

import { coverURL } from "./api.js";
import { showLike, slot } from "./list.js";
import { clock, say } from "./text.js";
import { canPlay, changes } from "./tracks.js";
import { View } from "./view.js";
import { Wave } from "./wave.js";

const COVER_PX = 640;

export class TrackView extends View {
  #deck;
  #track;
  #wave;
  #startMs;
  #show = () => this.#showState();

  constructor(track, deck, url) {
    super("track");
    this.title = track.title;
    this.#track = track;
    this.#deck = deck;
    this.#startMs = Math.max(0, Number(url.searchParams.get("at")) || 0) * 1000;
    this.#fill();
  }

  get track() {
    return this.#track;
  }

  enter() {
    this.#wave = new Wave(slot(this.element, "wave"), (ms) => this.#seek(ms));
    this.#wave.show(this.#track);
    for (const name of ["track", "state", "time"]) this.#deck.engine.addEventListener(name, this.#show);
    changes.addEventListener("change", this.#show);
    this.#showState();
  }

  leave() {
    for (const name of ["track", "state", "time"]) this.#deck.engine.removeEventListener(name, this.#show);
    changes.removeEventListener("change", this.#show);
  }

  /** Plays this track from where its needle stands, or stops it. */
  open() {
    if (this.#isCurrent) this.#deck.toggle();
    else this.#deck.playOne(this.#track, this.#startMs);
  }

  /** Where the needle stands, in whole seconds: what a link to this moment carries. */
  get second() {
    return Math.floor(this.#positionMs / 1000);
  }

  get #isCurrent() {
    return this.#deck.current?.id === this.#track.id;
  }

  get #positionMs() {
    return this.#isCurrent ? this.#deck.engine.positionMs : this.#startMs;
  }

  #seek(ms) {
    if (this.#isCurrent) this.#deck.engine.seek(ms);
    else this.#startMs = ms;
    this.#showState();
  }

  #fill() {
    const track = this.#track;
    const { element } = this;
    slot(element, "title").textContent = track.title;
    const artist = slot(element, "artist");
    artist.textContent = track.artist;
    artist.href = `/?${new URLSearchParams({ artist: track.artists[0] ?? track.artist })}`;
    if (track.has_cover) showCover(slot(element, "cover"), track);
    for (const [name, value] of Object.entries(factsOf(track))) {
      const fact = slot(element, name);
      fact.textContent = value;
      fact.parentElement.hidden = value === "";
    }
    const names = { format: track.format.toUpperCase(), title: track.title };
    slot(element, "flag").textContent = canPlay(track) ? "" : say("unplayable", names);
  }

  #showState() {
    const { engine } = this.#deck;
    const isSounding = this.#isCurrent && engine.isPlaying;
    const durationMs = this.#isCurrent ? engine.durationMs : (this.#track.duration_ms ?? 0);
    this.element.toggleAttribute("data-sounding", isSounding);
    this.#wave.place({ positionMs: this.#positionMs, durationMs, isSounding });
    slot(this.element, "clock").textContent = `${clock(this.#positionMs)} / ${clock(durationMs)}`;
    const play = slot(this.element, "play");
    play.querySelector("use").setAttribute("href", isSounding ? "#i-pause" : "#i-play");
    play.querySelector("span").textContent = say(isSounding ? "pauseThis" : "playThis");
    slot(this.element, "likes").textContent = this.#track.likes;
    slot(this.element, "likes").parentElement.hidden = false;
    showLike(this.element.querySelector(".like"), this.#track);
  }
}

function factsOf(track) {
  return {
    album: track.album ?? "",
    year: track.year ?? "",
    genre: track.genre,
    length: clock(track.duration_ms),
    audio: say(track.bitrate_bps && track.sample_rate_hz ? "audio" : "format", {
      format: track.format.toUpperCase(),
      kHz: track.sample_rate_hz / 1000,
      kbps: Math.round(track.bitrate_bps / 1000),
    }),
    plays: track.plays,
    likes: track.likes,
    uploader: track.uploaded_by.name,
  };
}

/** The cover in place of the strip, which comes back if the cover does not come. */
function showCover(place, track) {
  const strip = [...place.children];
  const image = new Image(COVER_PX, COVER_PX);
  image.alt = "";
  image.addEventListener("error", () => place.replaceChildren(...strip));
  image.src = coverURL(track, COVER_PX);
  place.replaceChildren(image);
}
