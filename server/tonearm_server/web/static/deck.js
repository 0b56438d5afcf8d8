// Queue and engine as one thing to press buttons on; keeps its state across a reload, silent until asked.

import { Engine } from "./engine.js";
import { bindMediaSession } from "./media.js";
import { reportPlays } from "./plays.js";
import { Queue } from "./queue.js";
import { say } from "./text.js";
import { canPlay, intern } from "./tracks.js";

const AGAIN_MS = 3000; // "previous" later than this into a track starts it again
const FEW = 10; // fetch more of the playing list when this few tracks are left
const VOLUME = "tonearm.volume";
const STORED_FORM = 1; // another number when what is kept changes its shape

export class Deck {
  #source = null;
  #storedAs;
  #warn;

  constructor(audio, { viewer, warn }) {
    this.#storedAs = `tonearm.queue.${STORED_FORM}.${viewer?.id ?? ""}`;
    this.#warn = warn;
    this.queue = new Queue();
    this.engine = new Engine(audio, () => this.queue.advance({ skip: isUnplayable }));
    if (Engine.canSetVolume()) audio.volume = Number(localStorage.getItem(VOLUME) ?? 1);
    this.#restore();
    bindMediaSession(this.engine, { next: () => this.next(), previous: () => this.previous() });
    if (viewer) reportPlays(this.engine);
    this.queue.addEventListener("change", () => this.#extend());
    addEventListener("pagehide", () => this.#save());
  }

  get current() {
    return this.engine.track;
  }

  /** Plays a feed from one of its tracks; the rest of it follows, however long it is. */
  playFeed(feed, index) {
    if (!this.#mayPlay(feed.items[index])) return;
    this.#source = { feed, next: feed.items.length };
    this.queue.fill(feed.items, index);
    this.#start(this.queue.current);
  }

  playOne(track, positionMs = 0) {
    if (!this.#mayPlay(track)) return;
    this.#source = null;
    this.queue.fill([track], 0);
    this.engine.load(track, { play: true, positionMs });
  }

  jump(index) {
    if (this.#mayPlay(this.queue.tracks[index])) this.#start(this.queue.jump(index));
  }

  toggle() {
    if (this.engine.isPlaying) this.engine.pause();
    else this.engine.play();
  }

  next() {
    this.#start(this.queue.next({ skip: isUnplayable }));
  }

  previous() {
    if (this.engine.positionMs > AGAIN_MS || this.queue.index <= 0) this.engine.seek(0);
    else this.#start(this.queue.previous());
  }

  /** Puts a track after the current one; with nothing there it is loaded, ready to play. */
  addNext(track) {
    this.queue.addNext(track);
    this.#loadFirst();
  }

  add(track) {
    this.queue.add(track);
    this.#loadFirst();
  }

  changeVolume(step) {
    this.engine.volume += step;
    localStorage.setItem(VOLUME, this.engine.volume);
  }

  #loadFirst() {
    if (this.current === null) this.engine.load(this.queue.jump(0));
  }

  #start(track) {
    if (track) this.engine.load(track, { play: true });
  }

  #mayPlay(track) {
    if (!isUnplayable(track)) return true;
    this.#warn(say("unplayable", { format: track.format.toUpperCase(), title: track.title }));
    return false;
  }

  async #extend() {
    const source = this.#source;
    if (source === null || this.queue.upcoming.length >= FEW) return;
    const { feed } = source;
    try {
      if (source.next >= feed.items.length) await feed.more();
    } catch {
      return; // The list says so where it is shown; the music goes on with what there is.
    }
    const tracks = feed.items.slice(source.next);
    if (source !== this.#source || tracks.length === 0) return;
    source.next = feed.items.length;
    this.queue.append(tracks);
  }

  #save() {
    const { positionMs } = this.engine;
    sessionStorage.setItem(this.#storedAs, JSON.stringify({ ...this.queue.dump(), positionMs }));
  }

  #restore() {
    const stored = JSON.parse(sessionStorage.getItem(this.#storedAs) ?? "null");
    if (stored === null) return;
    this.queue.restore({ ...stored, tracks: stored.tracks.map(intern) });
    if (this.queue.current) this.engine.load(this.queue.current, { positionMs: stored.positionMs });
  }
}

const isUnplayable = (track) => !canPlay(track);
