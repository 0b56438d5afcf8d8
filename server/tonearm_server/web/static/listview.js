// A list of tracks with its heading, orders and, after a search, the artists and albums that match.

import { slot, TrackList } from "./list.js";
import { say } from "./text.js";
import { changes } from "./tracks.js";
import { View } from "./view.js";

const FACETS = 4; // of each kind: one line on most screens

export class ListView extends View {
  #deck;
  #feed;
  #q;
  #again = () => this.list.render();

  constructor({ deck, feed, title, kind, sort, q = "", found, path }) {
    super("list");
    this.title = title;
    this.#deck = deck;
    this.#feed = feed;
    this.#q = q;
    slot(this.element, "heading").textContent = title;
    slot(this.element, "kind").textContent = kind ?? "";
    this.element.querySelector("ol").setAttribute("aria-label", title);
    this.#showSorts(sort, kind);
    this.#showFacets(found);
    this.#showEmpty(q ? "search" : path === "/liked" ? "liked" : "tracks");
  }

  get track() {
    return this.list.focused;
  }

  get count() {
    const n = this.#feed.items.length;
    return say(this.#q ? "matches" : this.#feed.isComplete ? "tracks" : "tracksOrMore", { n });
  }

  enter({ warn }) {
    const playing = () => this.#deck.current;
    const onGrowth = (error) => (error ? warn(error.message) : this.#showCount());
    this.list = new TrackList(slot(this.element, "rows"), this.#feed, { playing, onGrowth });
    this.#deck.engine.addEventListener("track", this.#again);
    changes.addEventListener("change", this.#again);
    this.#showCount();
  }

  leave() {
    this.list.leave();
    this.#deck.engine.removeEventListener("track", this.#again);
    changes.removeEventListener("change", this.#again);
  }

  trackAt(row) {
    return this.#feed.items[this.list.indexOf(row)];
  }

  open(index) {
    const track = this.#feed.items[index];
    if (track.id === this.#deck.current?.id) this.#deck.toggle();
    else this.#deck.playFeed(this.#feed, index);
  }

  indexOfCurrent() {
    return this.#feed.items.findIndex((track) => track.id === this.#deck.current?.id);
  }

  #showCount() {
    slot(this.element, "count").textContent = this.count;
  }

  #showSorts(sort, kind) {
    slot(this.element, "sorts").hidden = !sort || Boolean(kind);
    for (const link of this.element.querySelectorAll("[data-sort]")) {
      link.toggleAttribute("aria-current", link.dataset.sort === sort);
      if (link.dataset.sort === sort) link.setAttribute("aria-current", "true");
    }
  }

  #showFacets(found) {
    const named = [
      ...(found?.artists ?? []).slice(0, FACETS).map((artist) => ["artist", artist.name]),
      ...(found?.albums ?? []).slice(0, FACETS).map((album) => ["album", album.title]),
    ];
    const facets = slot(this.element, "facets");
    facets.hidden = named.length === 0;
    facets.replaceChildren(...named.map(([kind, name]) => facetLink(kind, name)));
  }

  #showEmpty(reason) {
    const empty = slot(this.element, "empty");
    empty.hidden = this.#feed.items.length > 0;
    this.element.querySelector(".columns").hidden = this.#feed.items.length === 0;
    for (const line of empty.children) line.hidden = line.dataset.when !== reason;
  }
}

function facetLink(kind, name) {
  const link = document.createElement("a");
  link.href = `/?${new URLSearchParams({ [kind]: name })}`;
  const label = document.createElement("span");
  label.className = "kind";
  label.textContent = kind;
  const text = document.createElement("span");
  text.dir = "auto";
  text.textContent = name;
  link.append(label, text);
  return link;
}
