// Keys to actions, by the one keymap that the terminal player uses too (tonearm_api.keymap).

const STORED = "tonearm.keys";
const PREFIX_MS = 1000;
const OF_RANGES = new Set(["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End", "PageUp", "PageDown"]);
const OF_CONTROLS = new Set([" ", "Enter"]);

/** Whether single keys act at all; people who dictate switch them off (WCAG 2.1.4). */
export const singleKeys = {
  get areOn() {
    return localStorage.getItem(STORED) !== "off";
  },
  set areOn(on) {
    localStorage.setItem(STORED, on ? "on" : "off");
  },
};

/** `table` maps keys to action ids, `actions` ids to functions that get the event. */
export function bindKeys(table, actions) {
  let prefixedAt = 0;
  keepRowsFromSpace();

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
    if (/^\d$/.test(event.key) && event.timeStamp - prefixedAt < PREFIX_MS) {
      prefixedAt = 0;
      actions["player.seek_tenth"](event);
      return;
    }
    const id = table[event.key];
    if (id === undefined || belongsToControl(event) || (!singleKeys.areOn && isSingle(event.key))) return;
    if (id === "player.seek_tenth") {
      prefixedAt = event.timeStamp;
      return;
    }
    if (actions[id]?.(event) !== false) event.preventDefault();
  });
}

/** Some browsers press a button when space comes up, whatever became of its going down. */
function keepRowsFromSpace() {
  document.addEventListener("keyup", (event) => {
    if (event.key === " " && event.target.matches?.(".row .play")) event.preventDefault();
  });
}

const isSingle = (key) => key.length === 1 && key !== " ";

function belongsToControl({ target, key }) {
  if (document.querySelector("dialog[open], [popover]:popover-open")) return true;
  if (target.matches("input:not([type=range], [type=checkbox]), textarea, select")) return key !== "Escape";
  if (target.matches("input[type=range]")) return OF_RANGES.has(key);
  if (target.matches(".row .play")) return key === "Enter";
  return target.matches("a, button, input") && OF_CONTROLS.has(key);
}
