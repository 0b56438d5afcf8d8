// The small menu behind a row's dots.

export class TrackMenu {
  track = null;
  #element;

  /** `onChoice(act, track)` is called with the chosen item's action. */
  constructor(element, onChoice) {
    this.#element = element;
    element.addEventListener("click", (event) => {
      const item = event.target.closest("[role=menuitem]");
      if (item === null) return;
      element.hidePopover();
      onChoice(item.dataset.act, this.track);
    });
    element.addEventListener("keydown", (event) => this.#move(event));
  }

  open(track, button) {
    this.track = track;
    this.#element.showPopover();
    const { right, bottom, top } = button.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = this.#element;
    const below = bottom + height < innerHeight;
    this.#element.style.left = `${Math.max(0, right - width)}px`;
    this.#element.style.top = `${below ? bottom : Math.max(0, top - height)}px`;
    this.#element.querySelector("[role=menuitem]").focus();
  }

  #move(event) {
    const items = [...this.#element.querySelectorAll("[role=menuitem]")];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    items[(items.indexOf(document.activeElement) + step + items.length) % items.length].focus();
  }
}
