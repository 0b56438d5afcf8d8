// What every view of the page has.

export class View {
  constructor(name) {
    this.element = document.getElementById(`${name}-view`).content.firstElementChild.cloneNode(true);
  }

  /** The track that keys act on when no row has the focus; null leaves it to what plays. */
  get track() {
    return null;
  }

  /** Called once the element is in the page, and before it goes. */
  enter() {}
  leave() {}
}
