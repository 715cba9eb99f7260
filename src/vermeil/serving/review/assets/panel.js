// The panel beside the text: labels, details of the selected span, the teacher's words.

import { button, byId, element } from "/assets/dom.js";

export class Panel {
  /**
   * @param {object} task the answer of /api/task
   * @param {TextView} view the text, for the colours
   * @param {(name: string, ...values: unknown[]) => void} run runs a command
   */
  constructor(task, view, run) {
    this.task = task;
    this.view = view;
    this.run = run;
    this.shownLabels = "";
  }

  render() {
    const { state } = this.view;
    this.renderLabels(state);
    byId("details").replaceChildren(...this.details(state));
  }

  /** Show the labels with their keys; while a relation is made, the relation types. */
  renderLabels(state) {
    const relating = state.head !== null;
    const pressed = this.pressedLabels(state);
    const shown = JSON.stringify([relating, [...pressed]]);
    if (shown === this.shownLabels) return;
    this.shownLabels = shown;
    const known = relating ? this.task.relations : this.task.labels;
    byId("labels-title").textContent = relating ? "Type of the relation" : "Labels";
    byId("labels").replaceChildren(
      ...known.map((label, at) =>
        element(
          "li",
          {},
          element(
            "button",
            {
              type: "button",
              title: label.description || null,
              "aria-pressed": relating ? null : String(pressed.has(label.name)),
              onclick: () => this.run("label", at),
            },
            at < 9 ? element("kbd", {}, String(at + 1)) : null,
            relating ? null : element("span", { class: `swatch ${this.view.colour(label.name)}` }),
            label.name,
          ),
        ),
      ),
    );
  }

  pressedLabels(state) {
    if (this.task.kinds.includes("labels")) {
      const items = Object.values(state.items);
      const chosen = items.filter((i) => i.kind === "label" && i.status !== "rejected");
      return new Set(chosen.map((item) => item.label));
    }
    const item = state.items[state.selected];
    return new Set(item ? [item.label] : []);
  }

  details(state) {
    const item = state.items[state.selected];
    const found = [];
    if (item) {
      found.push(element("h2", {}, "Span"), this.facts(state, item), ...this.relations(state));
    } else if (state.cursor) {
      const text = state.offsets.slice(...state.cursor);
      found.push(element("h2", {}, "Marked"), element("p", { class: "quoted", dir: "auto" }, text));
      found.push(element("p", { class: "faint" }, "Press the number of a label to mark it."));
    }
    if (this.task.kinds.includes("labels")) found.push(this.textLabels(state));
    if (!item && state.student) found.push(this.student(state));
    return found;
  }

  facts(state, item) {
    const rows = [
      ["text", state.surface(item)],
      ["label", item.label],
      ["status", item.status],
      ["suggested by", (item.by ?? [item.source]).join(", ")],
      ["score", typeof item.score === "number" ? item.score.toFixed(3) : null],
      ["student", opinion(state, item)],
    ];
    const shown = rows.filter(([, value]) => value !== null);
    const parts = shown.flatMap(([name, value]) => [
      element("dt", {}, name),
      element("dd", { dir: "auto" }, value),
    ]);
    return element("dl", {}, ...parts);
  }

  relations(state) {
    const own = state.relations.filter(
      ([, item]) => item.head === state.selected || item.tail === state.selected,
    );
    if (own.length === 0) return [];
    const rows = own.map(([key, item]) => {
      const [head, tail] = [item.head, item.tail].map((end) => state.surface(state.items[end]));
      const type = this.task.relations.find((one) => one.name === item.label);
      const sign = type?.symmetric ? "–" : "→";
      const next = item.status === "rejected" ? "accepted" : "rejected";
      const accept = () => this.run("set_relation", key, "accepted");
      return element(
        "li",
        { dir: "auto" },
        `${head} ${sign} ${item.label} ${sign} ${tail} (${item.status}) `,
        item.status === "suggested" ? button("Accept", accept) : null,
        button(next === "rejected" ? "Remove" : "Restore", () => this.run("set_relation", key, next)),
      );
    });
    return [element("h2", {}, "Relations"), element("ul", { class: "plain" }, ...rows)];
  }

  textLabels(state) {
    const rows = Object.values(state.items)
      .filter((item) => item.kind === "label")
      .map((item) => {
        const score = typeof item.score === "number" ? ` ${item.score.toFixed(2)}` : "";
        const by = (item.by ?? [item.source]).join(", ");
        return element("li", { dir: "auto" }, `${item.label}${score}: ${item.status}, by ${by}`);
      });
    return element("ul", { class: "plain" }, ...rows);
  }

  student(state) {
    const labels = state.student.labels.join(", ");
    const text = labels || `${state.student.spans.length} spans`;
    return element("p", { class: "faint" }, `Student: ${text}`);
  }

  /** Show the replies of the teacher about the document. */
  renderEvidence() {
    const { teacher } = this.view.state;
    const open = byId("evidence").querySelector("details")?.open ?? false;
    if (teacher.length === 0) {
      byId("evidence").replaceChildren();
      return;
    }
    const replies = teacher.map((reply) => element("pre", { dir: "auto" }, reply));
    const summary = element("summary", {}, `Teacher's words (${teacher.length}) `, element("kbd", {}, "t"));
    const details = element("details", {}, summary, ...replies);
    details.open = open;
    byId("evidence").replaceChildren(details);
  }

  toggleEvidence() {
    const details = byId("evidence").querySelector("details");
    if (details) details.open = !details.open;
  }
}

/** Return the student's opinion about a span in words; null if there is no student. */
function opinion(state, item) {
  if (!state.student) return null;
  const overlapping = state.student.spans.filter(([s, e]) => s < item.end && item.start < e);
  if (overlapping.length === 0) return "no span here";
  const parts = overlapping.map(([start, end, label, score]) => {
    const same = start === item.start && end === item.end && label === item.label;
    const value = typeof score === "number" ? ` ${score.toFixed(2)}` : "";
    return same ? `the same${value}` : `${state.offsets.slice(start, end)}: ${label}${value}`;
  });
  return parts.join("; ");
}
