// Sound: one media element for the life of the page. Knows neither list nor queue.
//
// No Web Audio on this path: phones suspend it when the screen locks. The next track's address is known
// without asking anyone (the cookie opens it), so it is set inside "ended" itself, which locked phones allow.

import { streamURL } from "./api.js";

const MEDIA_NETWORK = 2;
const MEDIA_DECODE = 3;
const AGAIN_MS = [300, 2000, 6000]; // pauses before each further try; then it waits for "online" or a person

/** Says "track", "state", "time", "failure" and, once sound is back, "recovery". Positions are milliseconds. */
export class Engine extends EventTarget {
  track = null;
  #audio;
  #following;
  #startMs = 0; // where the sound begins once the element knows the file
  #isWanted = false; // whether somebody expects to hear it, also while the line is down
  #tries = 0;
  #timer = 0;
  #hasFailed = false; // whether "failure" was said and not yet taken back

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
    audio.addEventListener("pause", () => {
      if (audio.paused && audio.error === null) this.#isWanted = false; // Failures pause it too.
    });
    audio.addEventListener("playing", () => this.#recovered());
    addEventListener("online", () => audio.error && this.#again());
  }

  get isPlaying() {
    const { paused, ended, error } = this.#audio;
    return this.track !== null && !paused && !ended && error === null;
  }

  get positionMs() {
    return this.#isOpen ? this.#audio.currentTime * 1000 : this.#startMs;
  }

  get #isOpen() {
    return this.#audio.readyState > 0;
  }

  /** The browser's own measure once it has one, the server's until then. */
  get durationMs() {
    const { duration } = this.#audio;
    return Number.isFinite(duration) ? duration * 1000 : (this.track?.duration_ms ?? 0);
  }

  load(track, { play = false, positionMs = 0 } = {}) {
    this.track = track;
    this.#tries = 0;
    this.#hasFailed = false;
    this.#isWanted = false;
    this.#open(positionMs);
    if (play) this.play();
    this.#say("track");
  }

  /** Plays; after a failure it opens the track anew, where it was. */
  play() {
    if (this.track === null) return;
    this.#isWanted = true;
    if (this.#audio.error === null) {
      this.#start();
      return;
    }
    this.#tries = 0;
    this.#again();
  }

  pause() {
    this.#isWanted = false;
    this.#audio.pause();
  }

  seek(positionMs) {
    if (this.track === null) return;
    this.#startMs = Math.max(0, Math.min(positionMs, this.durationMs));
    this.#audio.currentTime = this.#startMs / 1000;
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
    clearTimeout(this.#timer);
    this.#startMs = positionMs;
    this.#audio.src = streamURL(this.track);
    if (positionMs > 0) this.#audio.currentTime = positionMs / 1000;
  }

  #start() {
    this.#audio.play().catch((error) => {
      // A later load cuts this one off, and failures come as "error" events.
      if (error.name === "NotAllowedError") this.#say("state");
    });
  }

  #again() {
    this.#open(this.positionMs);
    if (this.#isWanted) this.#start();
  }

  #ended() {
    const track = this.#following();
    if (track === null) this.#say("state");
    else this.load(track, { play: true });
  }

  /**
   * A line that dropped is picked up where it was, the first time without a word. A server that does not
   * answer and a file that nothing decodes look the same from here, so both are tried a few times more.
   */
  #failed() {
    const code = this.#audio.error?.code;
    if (code === undefined) return; // Another track was loaded before this could be said.
    const isQuiet = this.#tries === 0 ? code === MEDIA_NETWORK : this.#hasFailed;
    if (code !== MEDIA_DECODE && this.#tries < AGAIN_MS.length) {
      this.#timer = setTimeout(() => this.#again(), AGAIN_MS[this.#tries]);
      this.#tries += 1;
    }
    if (!isQuiet) {
      this.#hasFailed = true;
      this.#say("failure");
    }
    this.#say("state");
  }

  #recovered() {
    this.#tries = 0;
    if (!this.#hasFailed) return;
    this.#hasFailed = false;
    this.#say("recovery");
  }

  #say(name) {
    this.dispatchEvent(new Event(name));
  }
}
