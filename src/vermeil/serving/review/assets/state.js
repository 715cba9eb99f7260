// One document under review: its items, the selection, and the changes that decisions make.

import { Offsets } from "/assets/offsets.js";
import { Boundaries } from "/assets/boundaries.js";

const STATE = "document";

export class DocumentState {
  /** @param {object} payload the answer of /api/document */
  constructor(payload) {
    Object.assign(this, payload);
    this.offsets = new Offsets(payload.text);
    this.boundaries = new Boundaries(this.offsets, payload.words);
    this.selected = null; // key of a span
    this.cursor = null; // [start, end] that a label key would mark
    this.head = null; // key of the head of a relation that is being made
    this.sorted = null;
  }

  /** Spans in the order of the text, outer ones first, as [key, item]. */
  get spans() {
    this.sorted ??= Object.entries(this.items)
      .filter(([, item]) => item.kind === "span")
      .sort(([a, x], [b, y]) => x.start - y.start || y.end - x.end || (a < b ? -1 : 1));
    return this.sorted;
  }

  get relations() {
    return Object.entries(this.items).filter(([, item]) => item.kind === "relation");
  }

  get state() {
    return this.items[STATE];
  }

  get undecided() {
    return Object.values(this.items).filter((item) => item.status === "suggested").length;
  }

  surface(item) {
    return this.offsets.slice(item.start, item.end);
  }

  /** Apply changes (key to item, null removes) and return them as a decision. */
  change(action, after) {
    const before = {};
    for (const key of Object.keys(after)) before[key] = this.items[key] ?? null;
    this.replace({ ...this.items, ...after });
    return { id: this.id, action, before, after, settles: this.settles };
  }

  /** Replace all items; null items are removed. */
  replace(items) {
    this.items = Object.fromEntries(Object.entries(items).filter(([, item]) => item !== null));
    this.sorted = null;
    if (this.selected !== null && !this.items[this.selected]) this.selected = null;
    if (this.head !== null && !this.items[this.head]) this.head = null;
  }

  /** Return the changes that give the selected span a status, and perhaps a label. */
  decided(key, status, label = this.items[key].label) {
    return { [key]: { ...this.items[key], status, label } };
  }

  /** Return the change that adds an accepted span; an equal span is accepted instead. */
  added(start, end, label) {
    for (const [key, item] of this.spans) {
      if (item.start === start && item.end === end && item.label === label) {
        return [key, this.decided(key, "accepted")];
      }
    }
    const key = this.freeKey("n");
    const item = { kind: "span", start, end, label, status: "accepted", source: "person" };
    return [key, { [key]: item }];
  }

  /** Return the change that adds an accepted relation; an equal one is accepted instead. */
  related(from, to, { name: label, symmetric }) {
    const [first, second] = [this.items[from], this.items[to]];
    // A relation without direction begins at the first span, as it is stored.
    const turned = symmetric && (second.start - first.start || second.end - first.end) < 0;
    const [head, tail] = turned ? [to, from] : [from, to];
    for (const [key, item] of this.relations) {
      const isSame = item.head === head && item.tail === tail;
      const isTurned = symmetric && item.head === tail && item.tail === head;
      if ((isSame || isTurned) && item.label === label) {
        return this.decided(key, "accepted");
      }
    }
    const key = this.freeKey("m");
    const item = { kind: "relation", head, tail, label, status: "accepted", source: "person" };
    return { [key]: item };
  }

  /** Return the changes of a label of the whole text: chosen (alone, or beside others), or taken back. */
  labelled(label, several) {
    const after = {};
    for (const [key, item] of several ? [] : Object.entries(this.items)) {
      if (item.kind === "label" && item.label !== label && item.status !== "rejected") {
        after[key] = { ...item, status: "rejected" };
      }
    }
    const key = `l${label}`;
    const known = this.items[key] ?? { kind: "label", label, source: "person" };
    const status = known.status === "accepted" ? "rejected" : "accepted";
    return { ...after, [key]: { ...known, status } };
  }

  /** Return the changes that accept what is undecided and finish the document. */
  finished() {
    const after = { [STATE]: { ...this.state, state: "done", reason: null } };
    for (const [key, item] of Object.entries(this.items)) {
      if (item.status === "suggested") after[key] = { ...item, status: "accepted" };
    }
    for (const [key, item] of this.relations) {
      const ends = [item.head, item.tail].map((end) => this.items[end]?.status);
      if (ends.includes("rejected")) after[key] = { ...item, status: "rejected" };
    }
    return after;
  }

  skipped(reason) {
    return { [STATE]: { ...this.state, state: "skipped", reason } };
  }

  flagged() {
    return { [STATE]: { ...this.state, flag: !this.state.flag } };
  }

  /** Return the key of the span after or before the selection; undecided ones only on request. */
  neighbour(step, onlyUndecided = false) {
    const known = this.spans.filter(([, item]) => !onlyUndecided || item.status === "suggested");
    if (known.length === 0) return null;
    const at = known.findIndex(([key]) => key === this.selected);
    if (at >= 0) return known[(at + step + known.length) % known.length][0];
    const from = this.items[this.selected]?.start ?? this.cursor?.[0] ?? (step > 0 ? -1 : Infinity);
    const after = known.filter(([, item]) => (step > 0 ? item.start >= from : item.start <= from));
    if (step > 0) return (after[0] ?? known[0])[0];
    return (after.at(-1) ?? known.at(-1))[0];
  }

  freeKey(letter) {
    let number = 0;
    while (`${letter}${number}` in this.items) number += 1;
    return `${letter}${number}`;
  }
}
