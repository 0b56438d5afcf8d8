// A list of any length with a few dozen rows in the page. Rows are as high as the style sheet says, measured,
// because people enlarge text; one row at a time takes the tab key, the others are reached by arrows.

import { canPlay } from "./tracks.js";
import { clock, say } from "./text.js";

const OVERSCAN = 6; // rows beyond each edge: one flick's worth
const AHEAD = 30; // ask for the next page when this few rows are left

const template = document.getElementById("row");

export class TrackList {
  active = 0;
  #root;
  #list;
  #feed;
  #rows = new Map(); // index -> li
  #rowPx = 0;
  #playing;
  #onGrowth;
  #resized = new ResizeObserver(() => this.#measure());
  #scrolled = () => this.render();

  /** Takes over the `rows` element. `playing()` gives the current track; `onGrowth(error?)` follows each page. */
  constructor(root, feed, { playing, onGrowth }) {
    this.#root = root;
    this.#list = root.querySelector("ol");
    this.#feed = feed;
    this.#playing = playing;
    this.#onGrowth = onGrowth;
    this.#list.replaceChildren();
    root.classList.add("live");
    addEventListener("scroll", this.#scrolled, { passive: true });
    addEventListener("resize", this.#scrolled, { passive: true });
    this.render();
  }

  leave() {
    removeEventListener("scroll", this.#scrolled);
    removeEventListener("resize", this.#scrolled);
    this.#resized.disconnect();
  }

  get length() {
    return this.#feed.items.length;
  }

  /** The track of the row that holds the focus; null where none does. */
  get focused() {
    const row = document.activeElement?.closest?.(".row");
    return row && this.#list.contains(row) ? this.#feed.items[this.indexOf(row)] : null;
  }

  indexOf(row) {
    return Number(row.getAttribute("aria-posinset")) - 1;
  }

  /** Moves to a row, scrolls it into view and gives it the focus. */
  focus(index) {
    if (this.length === 0) return;
    this.active = Math.max(0, Math.min(index, this.length - 1));
    this.render();
    const row = this.#rows.get(this.active);
    row.scrollIntoView({ block: "nearest" });
    row.querySelector(".play").focus({ preventScroll: true });
  }

  /** Moves by rows, or only takes the focus where the list does not have it yet. */
  move(rows) {
    this.focus(this.focused === null ? this.active : this.active + rows);
  }

  movePage(direction) {
    this.move(direction * Math.max(1, Math.floor(innerHeight / this.#rowPx / 2)));
  }

  render() {
    if (this.#rowPx === 0) this.#measure();
    const [first, last] = this.#window();
    const spare = this.#release(first, last);
    const wanted = new Set([...this.#rows.keys(), ...range(first, last)]);
    if (this.active < this.length) wanted.add(this.active);
    let before = null;
    for (const index of [...wanted].sort((a, b) => b - a)) {
      let row = this.#rows.get(index);
      if (row === undefined) {
        row = spare.pop() ?? this.#newRow();
        this.#rows.set(index, row);
        this.#list.insertBefore(row, before);
      }
      this.#fill(row, index);
      before = row;
    }
    for (const row of spare) row.remove();
    this.#root.style.height = `${this.length * this.#rowPx}px`;
    if (last > this.length - AHEAD) this.#grow();
  }

  #window() {
    const top = this.#root.getBoundingClientRect().top;
    const first = Math.floor(-top / this.#rowPx) - OVERSCAN;
    const last = Math.ceil((innerHeight - top) / this.#rowPx) + OVERSCAN;
    return [Math.max(0, first), Math.min(this.length, last)];
  }

  /** Takes rows out of the map that are needed no more; the one with the focus stays, wherever it is. */
  #release(first, last) {
    const spare = [];
    for (const [index, row] of this.#rows) {
      const isNeeded = (index >= first && index < last) || index === this.active;
      if (isNeeded || row.contains(document.activeElement)) continue;
      this.#rows.delete(index);
      spare.push(row);
    }
    return spare;
  }

  #newRow() {
    const row = template.content.firstElementChild.cloneNode(true);
    this.#resized.observe(row);
    return row;
  }

  #fill(row, index) {
    const track = this.#feed.items[index];
    const isCurrent = track.id === this.#playing()?.id;
    row.style.transform = `translateY(${index * this.#rowPx}px)`;
    row.setAttribute("aria-posinset", index + 1);
    row.setAttribute("aria-setsize", this.#feed.isComplete ? this.length : -1);
    row.toggleAttribute("data-odd", index % 2 === 1);
    if (isCurrent) row.setAttribute("aria-current", "true");
    else row.removeAttribute("aria-current");
    fillTrack(row, track);
    slot(row, "number").textContent = index + 1;
    for (const control of row.querySelectorAll("button")) control.tabIndex = index === this.active ? 0 : -1;
  }

  #measure() {
    const row = this.#rows.values().next().value ?? this.#probe();
    const rowPx = row.getBoundingClientRect().height;
    if (!row.isConnected || rowPx === this.#rowPx || rowPx === 0) return;
    this.#rowPx = rowPx;
    this.render();
  }

  #probe() {
    const row = this.#newRow();
    this.#list.append(row);
    this.#rowPx = row.getBoundingClientRect().height;
    row.remove();
    return row;
  }

  #grow() {
    if (this.#feed.isComplete || this.#feed.coming) return;
    this.#feed.more().then(
      () => {
        this.render();
        this.#onGrowth();
      },
      (error) => this.#onGrowth(error),
    );
  }
}

export const slot = (element, name) => element.querySelector(`[data-slot="${name}"]`);

/** Writes a track into the slots of a row. */
export function fillTrack(row, track) {
  slot(row, "title").textContent = track.title;
  slot(row, "artist").textContent = track.artist;
  slot(row, "album").textContent = track.album ?? "";
  slot(row, "time").textContent = clock(track.duration_ms);
  slot(row, "flag").textContent = canPlay(track) ? "" : say("flag", { format: track.format.toUpperCase() });
  slot(row, "lacking").textContent = canPlay(track) ? "" : track.format.toUpperCase();
  showLike(row.querySelector(".like"), track);
  row.querySelector(".more").setAttribute("aria-label", say("more", { title: track.title }));
}

export function showLike(button, track) {
  button.setAttribute("aria-pressed", track.liked);
  button.setAttribute("aria-label", say("like", { title: track.title }));
}

function* range(first, last) {
  for (let index = first; index < last; index += 1) yield index;
}
