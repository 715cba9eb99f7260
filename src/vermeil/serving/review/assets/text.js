// The text as DOM: chunks of text, of which only those that changed are built again.

const CHUNK = 400; // code points; a chunk ends after white space where it can
const COLOURS = 10;
const DEEPEST = 4;
const SIGNS = { suggested: "?", accepted: "✓", rejected: "✗" };

/** Code point at which the text of a node begins, by node. */
const begins = new WeakMap();

export class TextView {
  /**
   * @param {HTMLElement} container element that holds the text
   * @param {string[]} labels labels in the order of their colours
   */
  constructor(container, labels) {
    this.container = container;
    this.labels = labels;
    this.state = null;
    this.chunks = [];
  }

  /** Show another document. */
  show(state) {
    this.state = state;
    this.chunks = chunksOf(state.offsets).map(([start, end]) => {
      const node = document.createElement("span");
      node.className = "chunk";
      return { start, end, node, signature: null };
    });
    this.container.replaceChildren(...this.chunks.map((chunk) => chunk.node));
    this.render();
  }

  /** Build the chunks again whose spans, cursor or selection have changed. */
  render() {
    const { state } = this;
    const spans = state.spans.map(([key, item]) => ({ key, ...item }));
    for (const chunk of this.chunks) {
      const own = spans.filter((span) => span.start < chunk.end && chunk.start < span.end);
      const cursor = clipped(state.cursor, chunk);
      const signature = JSON.stringify([
        own.map((s) => [s.key, s.start, s.end, s.label, s.status]),
        cursor,
      ]);
      if (signature === chunk.signature) continue;
      chunk.signature = signature;
      chunk.node.replaceChildren(...this.nodes(chunk, own, cursor));
    }
    this.renderSelection();
  }

  /** Mark the selected span. Only its colours change, so that the text keeps its layout. */
  renderSelection() {
    for (const node of this.container.querySelectorAll(".selected")) {
      node.classList.remove("selected");
    }
    const { selected } = this.state;
    if (selected === null) return;
    const own = `.span[data-key="${CSS.escape(selected)}"]`;
    for (const node of this.container.querySelectorAll(own)) node.classList.add("selected");
  }

  /** Return the class of a label's colour. */
  colour(label) {
    const at = this.labels.indexOf(label);
    return `label-${(at < 0 ? this.labels.length : at) % COLOURS}`;
  }

  /** Return the nodes of one chunk: text, in elements of all spans that cover it, and tags. */
  nodes(chunk, spans, cursor) {
    const { state } = this;
    const unknown = state.abstain.map((range) => clipped(range, chunk)).filter(Boolean);
    const cuts = new Set([chunk.start, chunk.end]);
    for (const [start, end] of [...spans.map((s) => [s.start, s.end]), ...unknown, cursor ?? []]) {
      if (start > chunk.start && start < chunk.end) cuts.add(start);
      if (end > chunk.start && end < chunk.end) cuts.add(end);
    }
    const sorted = [...cuts].sort((a, b) => a - b);
    const found = [];
    for (let at = 0; at + 1 < sorted.length; at += 1) {
      const [start, end] = [sorted[at], sorted[at + 1]];
      const covering = spans.filter((span) => span.start <= start && end <= span.end);
      let node = document.createTextNode(state.offsets.slice(start, end));
      begins.set(node, start);
      if (unknown.some(([from, to]) => from <= start && end <= to)) {
        node = wrapped(node, "unknown");
      }
      if (cursor && cursor[0] <= start && end <= cursor[1]) node = wrapped(node, "cursor");
      // The innermost span is the nearest element. Each further one has a line below it.
      covering.reverse().forEach((span, depth) => {
        node = this.element(span, node, Math.min(depth, DEEPEST));
      });
      found.push(node);
      for (const span of covering) if (span.end === end) found.push(this.tag(span));
    }
    return found;
  }

  element(span, inner, depth) {
    const node = wrapped(inner, `span ${this.colour(span.label)} ${span.status} depth-${depth}`);
    node.dataset.key = span.key;
    return node;
  }

  tag(span) {
    const node = document.createElement("span");
    node.className = `tag ${this.colour(span.label)} ${span.status}`;
    node.dataset.key = span.key;
    const score = typeof span.score === "number" ? ` ${span.score.toFixed(2)}` : "";
    node.textContent = `${span.label}${score} ${SIGNS[span.status]}`;
    return node;
  }

  /** Bring the selected span, or the cursor, into view. */
  reveal() {
    const found = this.container.querySelector(".selected, .cursor");
    found?.scrollIntoView({ block: "nearest" });
  }

  /** Return the first tag of a span, at which its relations end. */
  tagOf(key) {
    return this.container.querySelector(`.tag[data-key="${CSS.escape(key)}"]`);
  }

  /** Return the code point of a position in the DOM; null outside the text. */
  pointAt(node, offset) {
    if (!this.container.contains(node)) return null;
    const { offsets } = this.state;
    const start = node.nodeType === Node.TEXT_NODE ? begins.get(node) : undefined;
    if (start !== undefined) return offsets.toPoint(offsets.toUnit(start) + offset);
    // A position between elements, or in a tag: the next text begins there.
    const position = document.createRange();
    position.setStart(node, offset);
    const walker = document.createTreeWalker(this.container, NodeFilter.SHOW_TEXT);
    for (let text = walker.nextNode(); text !== null; text = walker.nextNode()) {
      if (begins.has(text) && position.comparePoint(text, 0) >= 0) return begins.get(text);
    }
    return offsets.length;
  }
}

/** Return the ranges of the chunks of a text. */
function chunksOf(offsets) {
  const found = [];
  let start = 0;
  while (start < offsets.length) {
    let end = Math.min(start + CHUNK, offsets.length);
    for (let back = end; end < offsets.length && back > start + CHUNK / 2; back -= 1) {
      if (/\s/.test(offsets.slice(back - 1, back))) {
        end = back;
        break;
      }
    }
    found.push([start, end]);
    start = end;
  }
  return found;
}

function clipped(range, chunk) {
  if (!range || range[0] >= chunk.end || range[1] <= chunk.start) return null;
  return [Math.max(range[0], chunk.start), Math.min(range[1], chunk.end)];
}

function wrapped(inner, className) {
  const node = document.createElement("span");
  node.className = className;
  node.append(inner);
  return node;
}
