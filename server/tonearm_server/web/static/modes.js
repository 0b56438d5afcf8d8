// Buttons that show how the music goes on: shuffle, loop, mute. They stand in the bar and in the queue's view.

import { say } from "./text.js";

/** Brings the mode buttons inside `element` up to date. */
export function showModes(element, { engine, queue }) {
  const find = (act) => element.querySelector(`[data-act="${act}"]`);
  find("shuffle").setAttribute("aria-pressed", queue.isShuffled);
  find("loop").dataset.loop = queue.loop;
  find("loop").setAttribute("aria-label", say("loop", { mode: say(queue.loop) }));
  find("mute").setAttribute("aria-pressed", engine.isMuted);
  showIcon(find("mute"), engine.isMuted || engine.volume === 0 ? "muted" : "volume");
}

export function showIcon(button, name) {
  button.querySelector("use").setAttribute("href", `#i-${name}`);
}
