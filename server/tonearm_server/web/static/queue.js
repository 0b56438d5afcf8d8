// What plays, what comes next and what was before: a plain list. Knows neither the page nor the sound.

const KEPT_BEFORE = 50;
const KEPT_AFTER = 200;
export const LOOPS = ["off", "all", "one"];

/** Says "change" whenever anything in it changed. */
export class Queue extends EventTarget {
  tracks = [];
  index = -1;
  loop = "off";
  isShuffled = false;
  #straight = null;

  get current() {
    return this.tracks[this.index] ?? null;
  }

  get upcoming() {
    return this.tracks.slice(this.index + 1);
  }

  /** Plays `tracks` from `start`; of a long list only what surrounds it is kept. */
  fill(tracks, start) {
    const first = Math.max(0, start - KEPT_BEFORE);
    this.tracks = tracks.slice(first, start + KEPT_AFTER + 1);
    this.index = start - first;
    this.#straight = null;
    if (this.isShuffled) this.#mix();
    this.#changed();
  }

  /** The track that sounds when this one has ended; null where the music stops. Moves on. */
  advance({ skip = () => false } = {}) {
    if (this.loop === "one" && this.current && !skip(this.current)) return this.current;
    const end = this.loop === "all" ? this.index + this.tracks.length + 1 : this.tracks.length;
    for (let next = this.index + 1; next < end; next += 1) {
      const index = next % this.tracks.length;
      if (!skip(this.tracks[index])) return this.jump(index);
    }
    return null;
  }

  /** The track that a press of "next" plays, whatever the loop says about this one. */
  next(options) {
    const loop = this.loop;
    if (loop === "one") this.loop = "all";
    const track = this.advance(options);
    this.loop = loop;
    return track;
  }

  previous() {
    return this.index > 0 ? this.jump(this.index - 1) : this.current;
  }

  jump(index) {
    this.index = index;
    this.#changed();
    return this.current;
  }

  addNext(track) {
    this.tracks.splice(this.index + 1, 0, track);
    this.#straight?.splice(this.#straight.indexOf(this.current) + 1, 0, track);
    this.#changed();
  }

  add(track) {
    this.tracks.push(track);
    this.#straight?.push(track);
    this.#changed();
  }

  /** What follows in the list that plays; the oldest go, so that the queue never grows without end. */
  append(tracks) {
    this.tracks.push(...tracks);
    this.#straight?.push(...tracks);
    const surplus = Math.min(this.tracks.length - KEPT_BEFORE - KEPT_AFTER, this.index);
    if (surplus > 0 && this.#straight === null) {
      this.tracks.splice(0, surplus);
      this.index -= surplus;
    }
    this.#changed();
  }

  remove(index) {
    const [track] = this.tracks.splice(index, 1);
    if (index < this.index) this.index -= 1;
    const straight = this.#straight?.indexOf(track) ?? -1;
    if (straight >= 0) this.#straight.splice(straight, 1);
    this.#changed();
  }

  toggleLoop() {
    this.loop = LOOPS[(LOOPS.indexOf(this.loop) + 1) % LOOPS.length];
    this.#changed();
  }

  toggleShuffle() {
    this.isShuffled = !this.isShuffled;
    if (this.isShuffled) this.#mix();
    else this.#unmix();
    this.#changed();
  }

  /** The state as plain values, for keeping. */
  dump() {
    const { tracks, index, loop, isShuffled } = this;
    return { tracks, index, loop, isShuffled };
  }

  restore({ tracks, index, loop, isShuffled }) {
    Object.assign(this, { tracks, index, loop: LOOPS.includes(loop) ? loop : "off", isShuffled });
    this.#changed();
  }

  #mix() {
    this.#straight = [...this.tracks];
    const rest = this.tracks.filter((_, index) => index !== this.index);
    for (let end = rest.length - 1; end > 0; end -= 1) {
      const other = Math.floor(Math.random() * (end + 1));
      [rest[end], rest[other]] = [rest[other], rest[end]];
    }
    this.tracks = this.current ? [this.current, ...rest] : rest;
    this.index = Math.min(this.index, 0);
  }

  #unmix() {
    if (this.#straight === null) return;
    const { current } = this;
    this.tracks = this.#straight;
    this.index = this.tracks.indexOf(current);
    this.#straight = null;
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}
