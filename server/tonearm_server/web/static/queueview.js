// What plays and what comes next, as a view and as the column of wide screens.

import { slot } from "./list.js";
import { showModes } from "./modes.js";
import { say } from "./text.js";
import { View } from "./view.js";

const SHOWN = 60; // more than anybody scrolls through; the rest is in the count

export class QueueView extends View {
  constructor(deck) {
    super("queue");
    this.title = say("queue");
    this.deck = deck;
    this.show = () => {
      showQueue(this.element, deck.queue);
      showModes(this.element, deck);
    };
  }

  enter() {
    this.deck.queue.addEventListener("change", this.show);
    this.deck.engine.addEventListener("state", this.show);
    this.show();
  }

  leave() {
    this.deck.queue.removeEventListener("change", this.show);
    this.deck.engine.removeEventListener("state", this.show);
  }
}

/** Draws the queue into any element that has its slots: the view, and the column of wide screens. */
export function showQueue(element, queue) {
  const template = document.getElementById("queued").content.firstElementChild;
  const first = Math.max(0, queue.index);
  const shown = queue.tracks.slice(first, first + SHOWN);
  const rows = shown.map((track, offset) => {
    const row = template.cloneNode(true);
    row.dataset.index = first + offset;
    if (first + offset === queue.index) row.setAttribute("aria-current", "true");
    slot(row, "title").textContent = track.title;
    slot(row, "artist").textContent = track.artist;
    const remove = row.querySelector(".more");
    remove.hidden = first + offset === queue.index;
    remove.setAttribute("aria-label", say("remove", { title: track.title }));
    return row;
  });
  slot(element, "queue").replaceChildren(...rows);
  slot(element, "count").textContent = shown.length ? say("waiting", { n: queue.upcoming.length }) : "";
  slot(element, "empty").hidden = shown.length > 0;
}
