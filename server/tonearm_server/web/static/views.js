// Addresses to views, with what each has to ask the server for.

import * as api from "./api.js";
import { Feed } from "./feed.js";
import { singleKeys } from "./keys.js";
import { slot } from "./list.js";
import { ListView } from "./listview.js";
import { QueueView } from "./queueview.js";
import { say } from "./text.js";
import { intern } from "./tracks.js";
import { TrackView } from "./trackview.js";
import { View } from "./view.js";

const FILTERS = ["artist", "album", "genre"];

/** The view of an address. `boot` is what came with the page, if this is the page's own address. */
export async function openView(url, { deck, viewer, memory, boot, signal }) {
  const [, first, id] = url.pathname.split("/");
  if (first === "t") return new TrackView(intern(boot?.track ?? (await api.getTrack(id))), deck, url);
  if (first === "queue") return new QueueView(deck);
  if (first === "me") return new MeView();
  return openList(url, { deck, viewer, memory, boot, signal });
}

async function openList(url, { deck, memory, boot, signal }) {
  const parameters = url.searchParams;
  const q = url.pathname === "/" ? (parameters.get("q")?.trim() ?? "") : "";
  if (q) {
    memory.found ??= boot?.found ?? (await api.search(q, signal));
    memory.feed ??= new Feed(null, { items: memory.found.tracks, next_cursor: null });
    return new ListView({ deck, feed: memory.feed, title: say("search"), q, found: memory.found });
  }
  const query = queryOf(url.pathname, parameters);
  const load = (cursor) => api.listTracks(query, cursor);
  memory.feed ??= new Feed(load, boot?.page ?? (await load(null)));
  const kind = FILTERS.find((name) => query[name]);
  const title = kind ? query[kind] : document.querySelector(`[data-tab][href="${url.pathname}"] span`).textContent;
  return new ListView({ deck, feed: memory.feed, title, kind, sort: url.pathname === "/" ? (query.sort ?? "") : "", path: url.pathname });
}

function queryOf(path, parameters) {
  if (path === "/liked") return { sort: "liked", liked: true };
  const named = FILTERS.filter((name) => parameters.get(name)).map((name) => [name, parameters.get(name)]);
  const sort = parameters.get("sort") ?? (named.length ? "" : "recent"); // a filtered list has an order of its own
  return { ...(sort && { sort }), ...Object.fromEntries(named) };
}

/** What stands in place of a view that could not be had, with a button to ask again. */
export class FailedView extends View {
  constructor({ message }) {
    super("failed");
    this.title = say("failed");
    this.message = message;
    slot(this.element, "message").textContent = message;
  }
}

class MeView extends View {
  constructor() {
    super("me");
    this.title = say("me");
    const box = slot(this.element, "keys");
    box.checked = singleKeys.areOn;
    box.addEventListener("change", () => {
      singleKeys.areOn = box.checked;
    });
  }
}
