// All spans of the document as a list of buttons: each is reachable and announced.

import { byId, element } from "/assets/dom.js";

export class SpanList {
  /**
   * @param {TextView} view the text
   * @param {(key: string) => void} onSelect called with the key of the chosen span
   */
  constructor(view, onSelect) {
    this.view = view;
    this.onSelect = onSelect;
    this.box = byId("span-list");
    this.entries = new Map(); // key to { node, button, signature }
    this.box.addEventListener("toggle", () => this.render());
  }

  /** Update the entries that have changed; a closed list shows its number only. */
  render() {
    const { state } = this.view;
    const spans = state === null ? [] : state.spans;
    this.box.hidden = spans.length === 0;
    byId("span-count").textContent = `(${spans.length})`;
    if (!this.box.open || state === null) return;
    const shown = new Map();
    spans.forEach(([key, item], at) => {
      const signature = `${at} ${spans.length} ${item.start} ${item.end} ${item.label} ${item.status}`;
      const known = this.entries.get(key);
      const entry = known?.state === state ? known : this.entry(key, state);
      if (entry.signature !== signature) {
        entry.button.textContent = `${at + 1}. ${state.surface(item)}: ${item.label}, ${item.status}`;
        entry.signature = signature;
      }
      const isCurrent = key === state.selected;
      if (entry.isCurrent !== isCurrent) {
        entry.isCurrent = isCurrent;
        entry.button.setAttribute("aria-current", String(isCurrent));
      }
      shown.set(key, entry);
    });
    const changed = [...shown.values()].some((entry, at) => this.order?.[at] !== entry)
      || this.order?.length !== shown.size;
    this.entries = shown;
    if (!changed) return;
    this.order = [...shown.values()];
    byId("spans").replaceChildren(...this.order.map((entry) => entry.node));
  }

  /** Open the list and move the focus to the selected span, or else to the first one. */
  focus() {
    this.box.open = true;
    this.render();
    const entry = this.entries.get(this.view.state.selected) ?? this.order?.[0];
    if (!entry) throw new Error("the document has no span");
    entry.button.focus();
  }

  entry(key, state) {
    const own = element("button", { type: "button", dir: "auto", onclick: () => this.onSelect(key) });
    const node = element("li", {}, own);
    return { node, button: own, state, signature: null, isCurrent: null };
  }
}
