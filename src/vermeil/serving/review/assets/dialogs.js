// Dialogs: keys, guidelines, reason of a skip, label from a list, same text elsewhere, conflicts.

import { get, post } from "/assets/api.js";
import { button, element, openDialog } from "/assets/dom.js";
import { KEYS } from "/assets/keys.js";

const MOST_SHOWN = 200;

/** Ask whether to end a round of which documents are left. */
export function askEnd(round, counts, onEnd) {
  const text = `${counts.done} of ${counts.documents} documents are done. The others are ranked again `
    + "in a later round.";
  const conflicts = `Documents with different answers: ${counts.conflicts}. They do not become gold. `
    + "To settle them: Esc, then c.";
  const end = () => {
    close();
    onEnd();
  };
  const attributes = { class: "main", "data-choice": "q", id: "end-now" };
  const close = openDialog(
    `End round ${round}?`,
    element("p", {}, text),
    ...(counts.conflicts ? [element("p", {}, conflicts)] : []),
    element("div", { class: "buttons" }, button("End the round (q)", end, attributes)),
  );
}

export function showKeys() {
  const rows = KEYS.map(([key, , text]) =>
    element("tr", {}, element("th", { scope: "row" }, element("kbd", {}, key)), element("td", {}, text)),
  );
  const mouse = "Drag over text to mark words (with Alt: exact characters), double click a word, "
    + "click a span to select it, drag from a label to another span to relate them.";
  openDialog("Keys", element("table", {}, element("tbody", {}, ...rows)), element("p", {}, mouse));
}

export function showGuidelines(task) {
  const describe = (labels) =>
    labels.flatMap((one) => [
      element("dt", {}, one.name),
      element("dd", {}, one.description || "no description"),
    ]);
  openDialog(
    "Guidelines",
    task.guidelines
      ? element("pre", { dir: "auto" }, task.guidelines)
      : element("p", {}, "task.guidelines is empty."),
    element("h2", {}, "Labels"),
    element("dl", {}, ...describe(task.labels)),
    ...(task.relations.length > 0
      ? [element("h2", {}, "Relations"), element("dl", {}, ...describe(task.relations))]
      : []),
  );
}

/** Let the annotator choose one of several names; a number key chooses as well. */
export function choose(title, names, onChosen) {
  const buttons = names.map((name, at) =>
    button(at < 9 ? `${at + 1} ${name}` : name, () => {
      close();
      onChosen(at);
    }, { "data-choice": String(at + 1) }),
  );
  const close = openDialog(title, element("div", { class: "buttons" }, ...buttons));
  buttons[0]?.focus();
}

export function askReason(reasons, onReason) {
  const own = element("input", { id: "reason", maxlength: "300", "aria-label": "Another reason" });
  const skip = (reason) => {
    close();
    onReason(reason);
  };
  const buttons = reasons.map((reason, at) =>
    button(`${at + 1} ${reason}`, () => skip(reason), { "data-choice": String(at + 1) }),
  );
  const form = element("form", {}, own, " ", element("button", {}, "Skip with this reason"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (own.value.trim()) skip(own.value.trim());
  });
  const close = openDialog("Skip: why?", element("div", { class: "buttons" }, ...buttons), form);
  buttons[0].focus();
}

/** Show where a decision would be repeated, and repeat it after a confirmation. */
export async function showSameText(id, key, onApplied) {
  const [own, all] = await Promise.all(
    ["document", "queue"].map((scope) => post("same/preview", { id, key, scope })),
  );
  if (all.length === 0) {
    openDialog("Same text elsewhere", element("p", {}, "There is no other place to change."));
    return;
  }
  const apply = async (scope) => {
    close();
    onApplied(await post("same/apply", { id, key, scope }));
  };
  const verb = all[0].status === "accepted" ? `mark as ${all[0].label}` : "reject";
  const rows = all.slice(0, MOST_SHOWN).map((one) =>
    element(
      "li",
      { dir: "auto" },
      element("span", { class: "faint" }, `${one.id}: `),
      one.left,
      element("strong", {}, one.surface),
      one.right,
    ),
  );
  const documents = new Set(all.map((one) => one.id)).size;
  const more = all.length > MOST_SHOWN ? ` The first ${MOST_SHOWN} are shown.` : "";
  const close = openDialog(
    "Same text elsewhere",
    element("p", {}, `${all.length} places in ${documents} documents: ${verb}.${more}`),
    element("ul", { class: "plain" }, ...rows),
    element(
      "div",
      { class: "buttons" },
      own.length > 0 ? button(`This document (${own.length})`, () => apply("document")) : null,
      button(`Whole queue (${all.length})`, () => apply("queue"), { class: "main", "data-choice": "1" }),
    ),
  );
}

export async function showConflicts(onChosen) {
  const { conflicts } = await get("queue");
  if (conflicts.length === 0) {
    openDialog("Different answers", element("p", {}, "No document has different answers."));
    return;
  }
  const rows = conflicts.slice(0, MOST_SHOWN).map((id, at) => {
    const attributes = at < 9 ? { "data-choice": String(at + 1) } : {};
    const settle = () => {
      close();
      onChosen(id);
    };
    return element("li", {}, button(`Settle ${id}`, settle, attributes));
  });
  const text = `${conflicts.length} documents have different answers of two annotators.`;
  const list = element("ul", { class: "plain" }, ...rows);
  const close = openDialog("Different answers", element("p", {}, text), list);
}
