// The eight-step strip: a canvas behind a real range input. The terminal prints the same eight heights.

import { waveform } from "./api.js";
import { say, spoken } from "./text.js";

const STEPS = 8;
const COLUMN_PX = 4; // three of ink, one of air: two columns where the terminal has a cell
const INK_PX = 3;
const NEEDLE_PX = 2;
const ARROW_MS = 5000;
const KEPT = 20;

const cache = new Map();

/** `bars` (0–255) as `columns` steps of 0–7: the loudest bar of each column, as tonearm_api.design has it. */
export function levels(bars, columns) {
  return Array.from({ length: columns }, (_, column) => {
    const from = Math.floor((column * bars.length) / columns);
    const to = Math.max(from + 1, Math.floor(((column + 1) * bars.length) / columns));
    const peak = Math.max(0, ...bars.subarray(from, to));
    return Math.min(STEPS - 1, Math.floor((peak * STEPS) / 256));
  });
}

async function barsOf(track) {
  if (!cache.has(track.id)) {
    const bars = await waveform(track.id);
    if (bars.length === 0) return bars;
    if (cache.size >= KEPT) cache.delete(cache.keys().next().value);
    cache.set(track.id, bars);
  }
  return cache.get(track.id);
}

/** One strip on the page. `onSeek(ms)` is called when a person moves the needle. */
export class Wave {
  #canvas;
  #input;
  #bars = new Uint8Array();
  #track = null;
  #state = { positionMs: 0, durationMs: 0, isSounding: false };
  #isHeld = false;
  #watcher;

  constructor(element, onSeek) {
    this.#canvas = element.querySelector("canvas");
    this.#input = element.querySelector("input");
    this.#input.addEventListener("input", () => {
      this.#isHeld = true;
      this.#draw();
    });
    this.#input.addEventListener("change", () => {
      this.#isHeld = false;
      onSeek(this.#input.valueAsNumber * 1000);
    });
    this.#input.addEventListener("keydown", (event) => this.#step(event, onSeek));
    this.#watcher = new ResizeObserver(() => this.#draw());
    this.#watcher.observe(this.#canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#draw());
  }

  /** Shows another track; flat until its bars are here, and for good where there are none. */
  async show(track) {
    this.#track = track;
    this.#bars = cache.get(track.id) ?? new Uint8Array();
    this.#draw();
    try {
      const bars = await barsOf(track);
      if (this.#track !== track) return;
      this.#bars = bars;
      this.#draw();
    } catch {
      // A strip without bars still seeks.
    }
  }

  place({ positionMs, durationMs, isSounding }) {
    this.#state = { positionMs, durationMs, isSounding };
    this.#input.disabled = !(durationMs > 0);
    this.#input.max = String(Math.max(durationMs / 1000, 0.1));
    if (!this.#isHeld) this.#input.value = String(positionMs / 1000);
    const words = { position: spoken(positionMs), length: spoken(durationMs) };
    this.#input.setAttribute("aria-valuetext", say("position", words));
    this.#draw();
  }

  #step(event, onSeek) {
    const direction = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
    if (direction === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    onSeek(this.#state.positionMs + direction * ARROW_MS);
  }

  #draw() {
    const canvas = this.#canvas;
    const scale = devicePixelRatio;
    const { clientWidth: width, clientHeight: height } = canvas;
    if (width === 0) return;
    if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
      canvas.width = Math.round(width * scale);
      canvas.height = Math.round(height * scale);
    }
    const context = canvas.getContext("2d");
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, width, height);
    this.#paint(context, width, height);
  }

  #paint(context, width, height) {
    const style = getComputedStyle(this.#canvas);
    const { durationMs, isSounding } = this.#state;
    const positionMs = this.#isHeld ? this.#input.valueAsNumber * 1000 : this.#state.positionMs;
    const played = style.getPropertyValue(isSounding ? "--needle" : "--muted");
    const share = durationMs > 0 ? positionMs / durationMs : 0;
    const columns = Math.floor(width / COLUMN_PX);
    levels(this.#bars, columns).forEach((level, column) => {
      const tall = Math.round(((level + 1) / STEPS) * height);
      context.fillStyle = (column + 0.5) / columns < share ? played : style.getPropertyValue("--wave");
      context.fillRect(column * COLUMN_PX, height - tall, INK_PX, tall);
    });
    if (durationMs <= 0) return;
    context.fillStyle = isSounding ? played : style.getPropertyValue("--text");
    context.fillRect(Math.min(width - NEEDLE_PX, share * width), 0, NEEDLE_PX, height);
  }
}
