// Text: foreign strings made safe, lengths and counts as people read them. Knows no page.

const MAX_CHARACTERS = 1000;
const MAX_MARKS = 4;
const MARK = "[\\u0300-\\u036f\\u0483-\\u0489\\u1ab0-\\u1aff\\u20d0-\\u20f0]";
const MARKS = new RegExp(`(${MARK}{${MAX_MARKS}})${MARK}+`, "gu");

/**
 * The string without anything that reorders or hides what stands around it. The rules are those of the
 * terminal's sanitiser (tonearm_api.text), so that a name looks the same in both; a test compares them.
 */
export function safeText(text) {
  const cut = [...text];
  const short = cut.length > MAX_CHARACTERS ? `${cut.slice(0, MAX_CHARACTERS - 1).join("")}…` : text;
  return short
    .normalize("NFC")
    .replace(/[\t\n\r\v\f\u0085\p{Zl}\p{Zp}]/gu, " ")
    .replace(/[\u001b\u009b]/g, "\u241b")
    .replace(/[\p{Cc}\p{Cs}\p{Co}\p{Cn}]/gu, "\ufffd")
    .replace(/(?![\u200c\u200d])\p{Cf}/gu, "")
    .replace(MARKS, "$1");
}

/** Decoded JSON with every string made safe. */
export function safeTree(value) {
  if (typeof value === "string") return safeText(value);
  if (Array.isArray(value)) return value.map(safeTree);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, safeTree(inner)]));
}

/** `3:41` or `1:02:03`; a dash where the length is not known. */
export function clock(durationMs) {
  if (durationMs === null || !Number.isFinite(durationMs)) return "–";
  const seconds = Math.floor(durationMs / 1000);
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const shown = parts[0] ? parts : parts.slice(1);
  return shown.map((part, index) => (index ? String(part).padStart(2, "0") : part)).join(":");
}

// Whatever the page says from a script, in one place and without glued sentences, ready for translation.
const WORDS = {
  play: "Play {title}",
  playBy: "Play {title} by {artist}",
  pause: "Pause {title}",
  like: "Like {title}",
  liked: "Liked {title}",
  unliked: "{title} is no longer liked",
  more: "More about {title}",
  remove: "Take {title} out of the queue",
  playing: "Playing {title}",
  playingBy: "Playing {title} by {artist}",
  playingTitle: "{title} · {artist} — Tonearm",
  pageTitle: "{title} — Tonearm",
  next: "{title} plays next",
  added: "{title} is in the queue",
  copied: "The link is copied",
  copyFailed: "The link could not be copied: {url}",
  loop: "Loop: {mode}",
  shuffle: "Shuffle: {mode}",
  on: "on",
  off: "off",
  all: "all",
  one: "one",
  position: "{position} of {length}",
  unplayable: "This browser cannot play {format}. “{title}” plays in the terminal.",
  flag: "no {format} here",
  broken: "“{title}” stopped: the browser could not go on with it.",
  failed: "This did not load",
  offline: "The server cannot be reached.",
  playThis: "Play",
  pauseThis: "Pause",
  format: "{format}",
  audio: "{format} · {kHz} kHz · {kbps} kbit/s",
  queue: "Queue",
  me: "Me",
  search: "Search",
  tracks: { one: "{n} track", other: "{n} tracks" },
  tracksOrMore: { one: "{n}+ track", other: "{n}+ tracks" },
  matches: { one: "{n} match", other: "{n} matches" },
  waiting: { one: "{n} to come", other: "{n} to come" },
  hours: { one: "{n} hour", other: "{n} hours" },
  minutes: { one: "{n} minute", other: "{n} minutes" },
  seconds: { one: "{n} second", other: "{n} seconds" },
};

const plural = new Intl.PluralRules("en");
const figures = new Intl.NumberFormat("en");

/** The sentence of that name with its blanks filled in; `n` chooses between one and many. */
export function say(name, values = {}) {
  const words = WORDS[name];
  const sentence = typeof words === "string" ? words : words[plural.select(values.n)];
  return sentence.replace(/\{(\w+)\}/g, (_, blank) =>
    blank === "n" ? figures.format(values.n) : String(values[blank]),
  );
}

/** `1 minute 23 seconds`, for readers that speak. */
export function spoken(durationMs) {
  const seconds = Math.floor((durationMs || 0) / 1000);
  const parts = { hours: Math.floor(seconds / 3600), minutes: Math.floor(seconds / 60) % 60, seconds: seconds % 60 };
  return Object.entries(parts)
    .filter(([unit, n]) => n > 0 || (unit === "seconds" && seconds === 0))
    .map(([unit, n]) => say(unit, { n }))
    .join(" ");
}
