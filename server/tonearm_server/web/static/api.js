// The server's answers as safe values, its problems as errors. The only module that fetches.

import { safeTree, say } from "./text.js";

const TRACKS = "/api/v1/tracks";
const PAGE_ROWS = 100;

/** What went wrong, in the server's own words (RFC 9457); status 0 where no answer came. */
export class Problem extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

async function exchange(path, { method = "GET", body, signal, keepalive } = {}) {
  const headers = body === undefined ? {} : { "Content-Type": "application/json" };
  const content = body === undefined ? undefined : JSON.stringify(body);
  let response;
  try {
    response = await fetch(path, { method, headers, body: content, signal, keepalive });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(say("offline"), 0);
  }
  if (!response.ok) throw await problemOf(response);
  return response;
}

async function problemOf(response) {
  let detail = response.statusText;
  if (response.headers.get("Content-Type")?.startsWith("application/problem+json")) {
    detail = safeTree(await response.json()).detail;
  }
  return new Problem(detail, response.status);
}

async function json(path, options) {
  return safeTree(await (await exchange(path, options)).json());
}

const of = (id) => `${TRACKS}/${encodeURIComponent(id)}`;

export const coverURL = (track, size) => `${of(track.id)}/cover?size=${size}`;
export const streamURL = (track) => `/stream/${encodeURIComponent(track.id)}`;

/** A page of tracks. `query` holds the list's own parameters; `cursor` is null for the first page. */
export function listTracks(query, cursor) {
  const parameters = new URLSearchParams({ ...query, limit: PAGE_ROWS, ...(cursor ? { cursor } : {}) });
  return json(`${TRACKS}?${parameters}`);
}

export const getTrack = (id) => json(of(id));
export const search = (q, signal) => json(`/api/v1/search?${new URLSearchParams({ q, limit: PAGE_ROWS })}`, { signal });
export const like = (id, liked) => exchange(`${of(id)}/like`, { method: liked ? "PUT" : "DELETE" });
export const me = () => json("/api/v1/me");

/** 800 bars of one byte; empty while there are none. */
export async function waveform(id) {
  try {
    return new Uint8Array(await (await exchange(`${of(id)}/waveform`)).arrayBuffer());
  } catch (error) {
    if (error instanceof Problem && error.status === 404) return new Uint8Array();
    throw error;
  }
}

/** Report a play. Outlives the page, since people close it when the music ends. */
export function reportPlay(id, play) {
  return exchange(`${of(id)}/plays`, { method: "POST", body: play, keepalive: true });
}
