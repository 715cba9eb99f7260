// Every command of the page: what a key, a button or a choice in a dialog does.

import { get, post, ServerProblem } from "/assets/api.js";
import { byId, showLine } from "/assets/dom.js";
import * as dialogs from "/assets/dialogs.js";
import { showProgress } from "/assets/progress.js";
import { allowedTypes } from "/assets/relations.js";

/** Commands that need no document. */
export const WITHOUT_DOCUMENT = new Set([
  "conflicts", "settle", "progress", "help", "guidelines", "previous_document", "end_round",
  "end_round_now",
]);

/** Every command of the page by name; the first argument is the application. */
export const commands = {
  next_span: (app) => app.select(app.state.neighbour(1)),
  previous_span: (app) => app.select(app.state.neighbour(-1)),
  next_undecided: (app) => app.select(app.state.neighbour(1, true)),
  accept: (app) => decide(app, "accept", "accepted"),
  reject: (app) => decide(app, "reject", "rejected"),
  label: (app, at) => label(app, at),
  choose_label: (app) => {
    const names = (app.state.head === null ? app.task.labels : app.task.relations).map((l) => l.name);
    dialogs.choose("Label", names, (at) => app.run("label", at));
  },
  set_relation: (app, key, status) => app.change("relation", app.state.decided(key, status)),
  move_boundary: (app, side, unit, grow) => {
    const { state } = app;
    const item = state.items[state.selected];
    const range = item ? [item.start, item.end] : state.cursor;
    const found = range && state.boundaries.moved(range, side, unit, grow);
    if (!found) return;
    const [start, end] = found;
    if (item) {
      const action = grow ? "extend" : "shrink";
      app.change(action, { [state.selected]: { ...item, start, end, status: "accepted" } });
    } else {
      state.cursor = found;
      app.render();
    }
  },
  move_cursor: (app, step, extend) => moveCursor(app, step, extend),
  undo: (app) => undo(app, "undo"),
  redo: (app) => undo(app, "redo"),
  flag: (app) => app.change("flag", app.state.flagged()),
  skip: (app) =>
    dialogs.askReason(app.task.reasons, (reason) => app.run("skip_with", reason)),
  skip_with: (app, reason) => leave(app, "skip", app.state.skipped(reason)),
  finish: (app) => leave(app, "finish", app.state.finished()),
  same_text: async (app) => {
    const { id, selected } = app.state;
    if (selected === null) throw new Error("select a span first (n)");
    await app.saver.flush();
    await dialogs.showSameText(id, selected, () => app.run("reload"));
  },
  reload: (app) => app.reload(),
  relate: (app) => {
    const { state } = app;
    if (app.task.relations.length === 0) throw new Error("the task has no relations");
    if (state.selected === null) throw new Error("select the head of the relation first (n)");
    state.head = state.selected;
    app.render();
    app.announce(`head: ${state.surface(state.items[state.head])}; go to the tail`);
  },
  guidelines: (app) => dialogs.showGuidelines(app.task),
  list_spans: (app) => app.spanList.focus(),
  teacher: (app) => app.panel.toggleEvidence(),
  help: () => dialogs.showKeys(),
  progress: (app) => showProgress(app.task.training),
  conflicts: async (app) => {
    await app.saver.flush();
    await dialogs.showConflicts((id) => app.run("settle", id));
  },
  settle: (app, id) => app.open(id, true),
  previous_document: async (app) => {
    await app.saver.flush();
    const { places } = await get("queue");
    const known = places.map((place) => place.id);
    const at = app.state === null ? known.length : known.indexOf(app.state.id);
    const id = at < 0 ? known.at(-1) : known[at - 1];
    if (id === undefined) throw new Error("there is no document before this one");
    await app.open(id);
  },
  end_round: async (app) => {
    if (app.task.round === null) throw new Error("this review is no round of vermeil run --until");
    await app.saver.flush();
    const { counts } = await get("queue");
    const end = () => app.run("end_round_now");
    // An annotator without a further document may not be the last one.
    const isDone = counts.done + counts.skipped >= counts.documents && !counts.conflicts;
    if (app.state === null && isDone) end();
    else dialogs.askEnd(app.task.round, counts, end);
  },
  end_round_now: async (app) => {
    await post("end");
    app.ended();
  },
  escape: (app) => {
    app.state.head = null;
    app.select(null);
  },
};

function decide(app, action, status) {
  const { state } = app;
  if (state.selected === null) throw new Error("select a span first (n)");
  const next = state.neighbour(1, true);
  const after = state.decided(state.selected, status);
  if (next !== null && next !== state.selected) state.selected = next;
  app.change(action, after);
}

function label(app, at) {
  const { state, task } = app;
  if (state.head !== null) {
    relateByKey(app, at);
    return;
  }
  const name = task.labels[at]?.name;
  if (name === undefined) throw new Error(`there is no label ${at + 1}`);
  if (task.kinds.includes("labels")) {
    app.change("label", state.labelled(name, task.several));
  } else if (state.cursor) {
    const [key, after] = state.added(...state.cursor, name);
    state.cursor = null;
    state.selected = key;
    app.change("add", after);
  } else if (state.selected !== null) {
    app.change("relabel", state.decided(state.selected, "accepted", name));
  } else {
    throw new Error("mark text or select a span first");
  }
}

function relateByKey(app, at) {
  const { state, task } = app;
  const [head, tail, type] = [state.head, state.selected, task.relations[at]];
  if (tail === null || tail === head) throw new Error("go to the tail of the relation first (n)");
  if (type === undefined) throw new Error(`there is no relation type ${at + 1}`);
  if (!allowedTypes([type], state.items[head], state.items[tail]).length) {
    throw new Error(`${type.name} does not join ${state.items[head].label} and ${state.items[tail].label}`);
  }
  state.head = null;
  app.change("relate", state.related(head, tail, type));
}

function moveCursor(app, step, extend) {
  const { state } = app;
  if (!app.task.kinds.includes("spans")) return;
  // Arrows follow the screen: in a text from right to left, the left one goes forward.
  const isRightToLeft = getComputedStyle(byId("text")).direction === "rtl" || isRtl(state);
  const forward = (step > 0) !== isRightToLeft;
  const item = state.items[state.selected];
  const current = state.cursor ?? (item ? [item.start, item.end] : null);
  const { starts, ends } = state.boundaries;
  if (starts.length === 0) return;
  if (current === null) state.cursor = state.boundaries.wordAt(0);
  else if (extend) {
    state.cursor = state.boundaries.moved(current, "end", "word", forward) ?? current;
  } else {
    const next = forward
      ? starts.find((start) => start >= current[1])
      : starts.findLast((start) => start < current[0]);
    const at = starts.indexOf(next);
    state.cursor = at < 0 ? current : [starts[at], ends[at]];
  }
  state.selected = null;
  app.render();
}

/** Return whether the first letter of the text belongs to a script from right to left. */
function isRtl(state) {
  const letter = /\p{L}/u.exec(state.text)?.[0] ?? "";
  return /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}]/u.test(letter);
}

async function undo(app, action) {
  const { state } = app;
  if (!(await app.saver.flush())) return;
  const answer = await post("undo", { id: state.id, action, settles: state.settles });
  state.replace(answer.items);
  app.render();
}

/** Finish or skip the document, wait until that is on disk, and show the next one. */
async function leave(app, action, after) {
  const { state } = app;
  if (!(await app.saver.flush())) return;
  const isLabelled = Object.values({ ...state.items, ...after }).some(
    (item) => item.kind === "label" && item.status === "accepted",
  );
  const needsLabel = app.task.kinds.includes("labels") && !app.task.several;
  if (action === "finish" && needsLabel && !isLabelled) {
    throw new Error("choose a label of the text first");
  }
  const before = { ...state.items };
  const decision = state.change(action, after);
  let answer;
  try {
    answer = await post("decision", { ...decision, seconds: app.clock.take() });
  } catch (problem) {
    state.replace(before);
    app.render();
    const isOffline = !(problem instanceof ServerProblem);
    throw isOffline ? new Error("no connection to vermeil review; nothing was finished") : problem;
  }
  showLine("saved", "saved");
  if (answer.ended) app.ended();
  else await app.next();
}
