// A list of tracks that grows page by page, as far as somebody looks or listens.

import { intern } from "./tracks.js";

export class Feed {
  /** `load(cursor)` resolves to a page; `first` is a page that is already here. */
  constructor(load, first) {
    this.load = load;
    this.items = [];
    this.take(first);
  }

  get isComplete() {
    return this.cursor === null;
  }

  take(page) {
    this.items.push(...page.items.map(intern));
    this.cursor = page.next_cursor;
  }

  /** Fetches the page that follows; callers that come together share one request. */
  async more() {
    if (this.isComplete) return;
    this.coming ??= this.load(this.cursor)
      .then((page) => this.take(page))
      .finally(() => {
        this.coming = undefined;
      });
    await this.coming;
  }
}
