// One document for as long as possible, so that the music does not stop: links and the back button change
// the view, not the page. Addresses that the player does not show are left to the browser.

const SHOWN = /^\/(liked|queue|me|t\/[a-z0-9]+)?$/;
const KEPT = 20;

export class Router {
  #open;
  #entries = new Map(); // key of a history entry -> what was on the screen: scroll position, feed
  #key;

  /** `open(url, memory, {isReturn})` shows an address; `memory` is the entry's own to write on. */
  constructor(open) {
    this.#open = open;
    history.scrollRestoration = "manual";
    this.#enter(history.state?.key ?? newKey());
    history.replaceState({ key: this.#key }, "");
    addEventListener("scroll", () => this.#remember(), { passive: true });
    addEventListener("popstate", (event) => this.#return(event.state?.key));
    document.addEventListener("click", (event) => this.#clicked(event));
  }

  get memory() {
    return this.#entries.get(this.#key);
  }

  go(address, { replace = false } = {}) {
    const url = new URL(address, location.href);
    if (url.href === location.href) replace = true;
    this.#enter(newKey());
    history[replace ? "replaceState" : "pushState"]({ key: this.#key }, "", url);
    return this.#open(url, this.memory, { isReturn: false });
  }

  #return(key) {
    this.#enter(key ?? newKey());
    this.#open(new URL(location.href), this.memory, { isReturn: true });
  }

  #enter(key) {
    this.#key = key;
    if (!this.#entries.has(key)) this.#entries.set(key, { scrollY: 0 });
    if (this.#entries.size > KEPT) this.#entries.delete(this.#entries.keys().next().value);
  }

  #remember() {
    if (this.memory) this.memory.scrollY = scrollY;
  }

  #clicked(event) {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const link = event.target.closest("a[href]");
    if (link === null || link.origin !== location.origin || !SHOWN.test(link.pathname) || link.hash) return;
    event.preventDefault();
    this.go(link.href);
  }
}

let keys = 0;
const newKey = () => `${performance.timeOrigin}-${(keys += 1)}`;
