// The player's page comes alive: what came with it is read, the parts are made and wired to each other.

import { me, Problem } from "./api.js";
import { Deck } from "./deck.js";
import { bindKeys } from "./keys.js";
import { TrackMenu } from "./menu.js";
import { bindPlayer } from "./player.js";
import { showQueue } from "./queueview.js";
import { Router } from "./router.js";
import { safeTree, say } from "./text.js";
import { toggleLike } from "./tracks.js";
import { FailedView, openView } from "./views.js";

const STEP_MS = 5000;
const FAR_MS = 30000;
const VOLUME_STEP = 0.05;
const TYPING_MS = 120; // a quick typist's gap between two keys

const boot = safeTree(JSON.parse(document.getElementById("boot").textContent));
const { viewer } = boot;
const place = document.getElementById("view");
const bar = document.querySelector(".player");
const status = document.getElementById("status");
const field = document.getElementById("q");
const help = document.getElementById("help");
const aside = document.querySelector("aside");

const deck = new Deck(document.getElementById("sound"), { viewer, warn });
const { engine, queue } = deck;
const menu = new TrackMenu(document.getElementById("menu"), choose);
const router = new Router(open);
let view = null;
let opening = null;

// --- what the page says -----------------------------------------------------------------------------

function tell(message) {
  status.textContent = message;
}

function warn(message) {
  bar.querySelector(".notice").hidden = false;
  bar.querySelector('[data-slot="notice"]').textContent = message;
}

function dismiss() {
  bar.querySelector(".notice").hidden = true;
}

/** What every failed exchange comes to: sign in again, or read why. */
function explain(error) {
  if (error.name === "AbortError") return;
  if (error instanceof Problem && error.status === 401) {
    location.assign(`/login?${new URLSearchParams({ next: location.pathname + location.search })}`);
  } else {
    warn(error.message);
  }
}

function showTitle() {
  const { track } = engine;
  const isNamed = engine.isPlaying && track.artist;
  document.title = isNamed ? say("playingTitle", track) : say("pageTitle", { title: view?.title ?? "Tonearm" });
}

// --- views ------------------------------------------------------------------------------------------

async function open(url, memory, { isReturn, came = null }) {
  opening?.abort();
  const mine = (opening = new AbortController());
  try {
    const next = await openView(url, { deck, viewer, memory, boot: came, signal: mine.signal });
    if (!mine.signal.aborted) show(next, url, { isFirst: came !== null, scrollY: isReturn ? memory.scrollY : 0 });
  } catch (error) {
    if (mine.signal.aborted) return;
    if (error instanceof Problem && error.status !== 401) {
      show(new FailedView(error), url, { isFirst: false, scrollY: 0 });
    } else explain(error);
  }
}

const openAgain = () => open(new URL(location.href), router.memory, { isReturn: true });

function show(next, url, { isFirst, scrollY }) {
  const isTyping = document.activeElement === field;
  view?.leave();
  view = next;
  place.replaceChildren(view.element);
  view.enter({ warn });
  markTabs(url);
  showTitle();
  if (isFirst) return;
  scrollTo(0, scrollY);
  tell(view.message ?? (url.searchParams.has("q") ? view.count : ""));
  if (isTyping) return;
  field.value = url.searchParams.get("q") ?? "";
  place.querySelector("h1").focus({ preventScroll: true });
}

function markTabs(url) {
  for (const link of document.querySelectorAll("[data-tab]")) {
    if (link.pathname === url.pathname) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

// --- acts: one name each, for buttons, menu items and keys --------------------------------------------

function target() {
  return view?.track ?? engine.track;
}

async function like(track) {
  if (track === null || viewer === null) return;
  try {
    tell(await toggleLike(track));
  } catch (error) {
    explain(error);
  }
}

function addNext(track) {
  if (track === null) return;
  deck.addNext(track);
  tell(say("next", track));
}

function add(track) {
  if (track === null) return;
  deck.add(track);
  tell(say("added", track));
}

async function share() {
  const url = new URL(`/t/${view.track.id}`, location.href);
  if (view.second > 0) url.searchParams.set("at", view.second);
  try {
    await navigator.clipboard.writeText(url.href);
    tell(say("copied"));
  } catch {
    warn(say("copyFailed", { url: url.href }));
  }
}

function choose(act, track) {
  if (act === "next") addNext(track);
  if (act === "add") add(track);
  if (act === "show") router.go(`/t/${track.id}`);
}

function toggle() {
  if (engine.track === null && view?.list?.length) view.open(view.list.active);
  else deck.toggle();
}

const acts = {
  toggle,
  "next-track": () => deck.next(),
  previous: () => deck.previous(),
  forward: () => engine.seek(engine.positionMs + STEP_MS),
  back: () => engine.seek(engine.positionMs - STEP_MS),
  loop: () => {
    queue.toggleLoop();
    tell(say("loop", { mode: say(queue.loop) }));
  },
  shuffle: () => {
    queue.toggleShuffle();
    tell(say("shuffle", { mode: say(queue.isShuffled ? "on" : "off") }));
  },
  mute: () => {
    engine.isMuted = !engine.isMuted;
  },
  help: () => help.showModal(),
  close: () => help.close(),
  dismiss,
  share,
  again: openAgain,
  play: (row) => view.open(row ? view.list.indexOf(row) : undefined),
  like: (row, button) => like(bar.contains(button) ? engine.track : rowTrack(row)),
  more: (row, button) => menu.open(rowTrack(row), button),
  next: () => addNext(view.track),
  add: () => add(view.track),
  jump: (row) => deck.jump(Number(row.dataset.index)),
  remove: (row) => {
    const list = row.parentElement;
    const place = [...list.children].indexOf(row);
    queue.remove(Number(row.dataset.index));
    (list.children[place] ?? list.lastElementChild)?.querySelector(".jump").focus();
  },
};

function rowTrack(row) {
  return row ? view.trackAt(row) : view.track;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-act]:not([role=menuitem])");
  if (button === null) return;
  const row = button.closest(".row, .queued");
  if (row?.matches(".row")) view.list.active = view.list.indexOf(row);
  acts[button.dataset.act](row, button);
});

bindKeys(boot.keys, {
  "player.toggle": toggle,
  "player.next": acts["next-track"],
  "player.previous": acts.previous,
  "player.forward": acts.forward,
  "player.back": acts.back,
  "player.forward_far": () => engine.seek(engine.positionMs + FAR_MS),
  "player.back_far": () => engine.seek(engine.positionMs - FAR_MS),
  "player.seek_tenth": (event) => engine.seek((engine.durationMs * Number(event.key)) / 10),
  "player.louder": () => deck.changeVolume(VOLUME_STEP),
  "player.quieter": () => deck.changeVolume(-VOLUME_STEP),
  "player.mute": acts.mute,
  "player.loop": acts.loop,
  "player.shuffle": acts.shuffle,
  "queue.add": () => add(target()),
  "queue.add_next": () => addNext(target()),
  "list.open": () => view?.list?.length && view.open(view.list.active),
  "list.down": () => view?.list?.move(1) ?? false,
  "list.up": () => view?.list?.move(-1) ?? false,
  "list.page_down": () => view?.list?.movePage(1) ?? false,
  "list.page_up": () => view?.list?.movePage(-1) ?? false,
  "list.top": () => view?.list?.focus(0) ?? false,
  "list.bottom": () => view?.list?.focus(Infinity) ?? false,
  "list.current": () => view?.indexOfCurrent?.() >= 0 && view.list.focus(view.indexOfCurrent()),
  "track.like": () => like(target()),
  "track.show": () => target() && router.go(`/t/${target().id}`),
  "view.recent": () => router.go("/"),
  "view.liked": () => router.go("/liked"),
  "view.search": () => field?.select(),
  "app.help": acts.help,
  "app.back": () => (document.activeElement === field ? field.blur() : dismiss()),
});

// --- search -----------------------------------------------------------------------------------------

let typing = 0;
const searched = () => new URLSearchParams(location.search).get("q") ?? "";

async function searchFor(q) {
  clearTimeout(typing);
  if (q !== searched()) await router.go(q ? `/?${new URLSearchParams({ q })}` : "/", { replace: searched() !== "" });
}

field?.addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(() => searchFor(field.value.trim()), TYPING_MS);
});
field?.form.addEventListener("submit", async (event) => {
  event.preventDefault();
  await searchFor(field.value.trim());
  view?.list?.focus(0);
});

// --- sound ------------------------------------------------------------------------------------------

engine.addEventListener("track", () => {
  dismiss();
  if (engine.isPlaying) tell(say(engine.track.artist ? "playingBy" : "playing", engine.track));
});
engine.addEventListener("state", showTitle);
engine.addEventListener("recovery", dismiss);
addEventListener("online", () => view instanceof FailedView && openAgain());
engine.addEventListener("failure", () => {
  warn(say("broken", engine.track));
  me().catch(explain);
});
if (aside) {
  queue.addEventListener("change", () => showQueue(aside, queue));
  showQueue(aside, queue);
}

bindPlayer(bar, deck);
open(new URL(location.href), router.memory, { isReturn: false, came: boot.view });
