// Relations as arcs between the tags of their spans, and the arc that is being dragged.

const [LETTER, RISE, HIGHEST] = [7, 12, 36]; // pixels: of a letter, of a step, of all steps
const SVG = "http://www.w3.org/2000/svg";

export class Arcs {
  /**
   * @param {SVGElement} svg layer above the text
   * @param {TextView} view the text
   * @param {object[]} types the relation types; an arc of a symmetric one has no arrow
   */
  constructor(svg, view, types) {
    this.svg = svg;
    this.view = view;
    this.symmetric = new Set(types.filter((type) => type.symmetric).map((type) => type.name));
    addEventListener("resize", () => this.render());
  }

  /** Draw the arcs of all relations that are not rejected. */
  render() {
    const { state } = this.view;
    if (state === null) return;
    const shown = state.relations.filter(([, item]) => item.status !== "rejected");
    const labels = []; // middle, top and half width of the labels so far
    const parts = shown.map(([, item]) => this.arc(item, labels)).filter(Boolean);
    this.svg.replaceChildren(...(parts.length > 0 ? [marker()] : []), ...parts.flat());
  }

  /** Draw the arc from a span to the pointer; null removes it. */
  drag(key, event) {
    this.svg.querySelector(".dragged")?.remove();
    const tag = key === null ? null : this.view.tagOf(key);
    if (tag === null) return;
    const box = this.svg.getBoundingClientRect();
    const from = place(tag, box);
    const to = { x: event.clientX - box.left, y: event.clientY - box.top };
    this.svg.append(path(from, to, "dragged"));
  }

  /** Return line and label of a relation; an arc whose label would cover another one is higher. */
  arc(item, labels) {
    const [head, tail] = [item.head, item.tail].map((key) => this.view.tagOf(key));
    if (head === null || tail === null) return null;
    const box = this.svg.getBoundingClientRect();
    const [from, to] = [place(head, box), place(tail, box)];
    const [x, half] = [(from.x + to.x) / 2, (LETTER * item.label.length) / 2];
    const top = Math.min(from.y, to.y) - height(from, to) * 0.75 - 2;
    const covers = (rise) =>
      labels.some((one) => Math.abs(one.x - x) < one.half + half && Math.abs(one.y - top + rise) < RISE);
    let rise = 0;
    while (rise < HIGHEST && covers(rise)) rise += RISE;
    labels.push({ x, y: top - rise, half });
    const label = svgElement("text", { x, y: top - rise, "text-anchor": "middle" });
    label.textContent = item.label;
    const line = path(from, to, item.status, rise / 0.75);
    if (!this.symmetric.has(item.label)) line.setAttribute("marker-end", "url(#arrow)");
    return [line, label];
  }
}

function place(node, box) {
  const own = node.getBoundingClientRect();
  return { x: own.left + own.width / 2 - box.left, y: own.top - box.top };
}

function height(from, to) {
  return Math.min(26, 10 + Math.abs(from.x - to.x) / 12);
}

function path(from, to, className, rise = 0) {
  const top = Math.min(from.y, to.y) - height(from, to) - rise;
  const d = `M ${from.x} ${from.y} C ${from.x} ${top} ${to.x} ${top} ${to.x} ${to.y}`;
  return svgElement("path", { d, class: className });
}

function marker() {
  const arrow = svgElement("marker", {
    id: "arrow", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7,
    orient: "auto",
  });
  arrow.append(svgElement("path", { d: "M 0 0 L 8 4 L 0 8 z" }));
  return arrow;
}

function svgElement(name, attributes) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
}

/** Return the relation types that may join two spans. */
export function allowedTypes(types, head, tail) {
  const fits = (labels, item) => labels.length === 0 || labels.includes(item.label);
  return types.filter(
    (type) => (fits(type.head, head) && fits(type.tail, tail))
      || (type.symmetric && fits(type.head, tail) && fits(type.tail, head)),
  );
}
