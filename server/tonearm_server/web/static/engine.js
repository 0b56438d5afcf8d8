// Sound: one media element for the life of the page. Knows neither list nor queue.
//
// No Web Audio on this path: phones suspend it when the screen locks. The next track's address is known
// without asking anyone (the cookie opens it), so it is set inside "ended" itself, which locked phones allow.

import { streamURL } from "./api.js";

const MEDIA_NETWORK = 2;

/** Says "track", "state", "time" and "failure". Positions are milliseconds. */
export class Engine extends EventTarget {
  track = null;
  #audio;
  #following;
  #hasRetried = false;

  /** `following()` gives the track to play when one has ended, or null. */
  constructor(audio, following) {
    super();
    this.#audio = audio;
    this.#following = following;
    for (const name of ["play", "pause", "playing", "waiting", "emptied"]) {
      audio.addEventListener(name, () => this.#say("state"));
    }
    for (const name of ["timeupdate", "seeking", "seeked", "durationchange"]) {
      audio.addEventListener(name, () => this.#say("time"));
    }
    audio.addEventListener("ended", () => this.#ended());
    audio.addEventListener("error", () => this.#failed());
  }

  get isPlaying() {
    return this.track !== null && !this.#audio.paused && !this.#audio.ended;
  }

  get positionMs() {
    return this.#audio.currentTime * 1000;
  }

  /** The browser's own measure once it has one, the server's until then. */
  get durationMs() {
    const { duration } = this.#audio;
    return Number.isFinite(duration) ? duration * 1000 : (this.track?.duration_ms ?? 0);
  }

  load(track, { play = false, positionMs = 0 } = {}) {
    this.track = track;
    this.#hasRetried = false;
    this.#open(positionMs);
    if (play) this.play();
    this.#say("track");
  }

  play() {
    if (this.track === null) return;
    this.#audio.play().catch((error) => {
      // A later load cuts this one off, and failures come as "error" events.
      if (error.name === "NotAllowedError") this.#say("state");
    });
  }

  pause() {
    this.#audio.pause();
  }

  seek(positionMs) {
    if (this.track === null) return;
    this.#audio.currentTime = Math.max(0, Math.min(positionMs, this.durationMs)) / 1000;
  }

  get volume() {
    return this.#audio.volume;
  }

  set volume(volume) {
    this.#audio.volume = Math.max(0, Math.min(1, volume));
    this.#say("state");
  }

  get isMuted() {
    return this.#audio.muted;
  }

  set isMuted(muted) {
    this.#audio.muted = muted;
    this.#say("state");
  }

  /** Whether a page may change the volume: phones of one maker keep it to themselves. */
  static canSetVolume() {
    const other = document.createElement("audio");
    other.volume = 0.5;
    return other.volume === 0.5;
  }

  #open(positionMs) {
    this.#audio.src = streamURL(this.track);
    if (positionMs > 0) this.#audio.currentTime = positionMs / 1000;
  }

  #ended() {
    const track = this.#following();
    if (track === null) this.#say("state");
    else this.load(track, { play: true });
  }

  /** A line that dropped is picked up once, where it was; everything else is somebody else's to explain. */
  #failed() {
    const { error, currentTime } = this.#audio;
    if (error?.code === MEDIA_NETWORK && !this.#hasRetried) {
      this.#hasRetried = true;
      this.#open(currentTime * 1000);
      this.play();
      return;
    }
    this.#say("failure");
    this.#say("state");
  }

  #say(name) {
    this.dispatchEvent(new Event(name));
  }
}
