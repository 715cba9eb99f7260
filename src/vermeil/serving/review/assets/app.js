// The review page: loads documents, runs commands, and stores every decision.

import { get, post, Saver, Stopwatch } from "/assets/api.js";
import { commands, WITHOUT_DOCUMENT } from "/assets/commands.js";
import { byId, showLine } from "/assets/dom.js";
import * as dialogs from "/assets/dialogs.js";
import { commandOf } from "/assets/keys.js";
import { Panel } from "/assets/panel.js";
import { handlePointer } from "/assets/pointer.js";
import { allowedTypes, Arcs } from "/assets/relations.js";
import { SpanList } from "/assets/spans.js";
import { DocumentState } from "/assets/state.js";
import { TextView } from "/assets/text.js";

class App {
  constructor(task) {
    this.task = task;
    this.state = null;
    this.waiting = []; // commands that were typed while another one waits for the server
    this.isRunning = false;
    this.view = new TextView(byId("text"), task.labels.map((label) => label.name));
    this.panel = new Panel(task, this.view, (...command) => this.run(...command));
    this.arcs = new Arcs(byId("arcs"), this.view, task.relations);
    this.spanList = new SpanList(this.view, (key) => this.select(key));
    this.clock = new Stopwatch(task.idle_seconds);
    this.saver = new Saver((text) => showLine("saved", text), (problem) => this.refused(problem));
    handlePointer(this.view, {
      mark: (start, end) => this.mark(start, end),
      select: (key) => this.select(key),
      relate: (head, tail) => this.chooseRelation(head, tail),
      drag: (key, event) => this.task.relations.length > 0 && this.arcs.drag(key, event),
    });
    document.addEventListener("keydown", (event) => this.onKey(event));
    byId("text").classList.toggle("related", task.relations.length > 0);
    byId("end-round").hidden = task.round === null;
    document.querySelector("nav").addEventListener("click", (event) => {
      const command = event.target.closest("button")?.dataset.command;
      if (command) this.run(command);
    });
    addEventListener("beforeunload", (event) => {
      if (!this.saver.isSaved) event.preventDefault();
    });
  }

  onKey(event) {
    const dialog = byId("dialog");
    if (dialog.open) {
      const chosen = dialog.querySelector(`[data-choice="${CSS.escape(event.key)}"]`);
      if (chosen && event.target.tagName !== "INPUT") {
        event.preventDefault();
        chosen.click();
      }
      return;
    }
    const inButton = event.target.closest("button, summary, input") && event.key === "Enter";
    if (event.target.tagName === "INPUT" || inButton) return;
    const command = commandOf(event);
    if (command === null) return;
    event.preventDefault();
    this.run(...command);
  }

  /** Run a command by its name, after those before it; problems are shown. */
  run(...command) {
    this.waiting.push(command);
    if (!this.isRunning) this.drain();
  }

  async drain() {
    this.isRunning = true;
    while (this.waiting.length > 0) {
      const [name, ...values] = this.waiting.shift();
      if (this.state === null && !WITHOUT_DOCUMENT.has(name)) continue;
      try {
        showLine("problem", null);
        const result = commands[name](this, ...values);
        if (result instanceof Promise) await result;
      } catch (problem) {
        showLine("problem", problem.message);
      }
    }
    this.isRunning = false;
  }

  /** Show the next document of the annotator, or the end of the queue. */
  async next() {
    const queue = await post("next");
    this.showCounts(queue);
    if (queue.next !== null) {
      await this.open(queue.next);
      return;
    }
    this.clear();
    const conflicts = queue.conflicts.length;
    const more = conflicts ? ` ${conflicts} documents have different answers: press c.` : "";
    const end = this.task.round === null
      ? "Gold is written when vermeil review ends, or with m."
      : "Press q to end the round.";
    showLine("banner", `All documents are reviewed.${more} ${end}`);
    this.announce("All documents are reviewed");
  }

  /** Show that the round has ended; the server stops. */
  ended() {
    this.clear();
    document.body.dataset.ended = "true";
    for (const node of document.querySelectorAll("nav button")) node.disabled = true;
    showLine("banner", "The round has ended. Training goes on in the terminal; this page can be closed.");
    this.announce("The round has ended");
  }

  clear() {
    this.state = null;
    document.body.dataset.document = "";
    for (const id of ["text", "arcs", "details", "evidence", "spans"]) byId(id).replaceChildren();
    byId("span-list").hidden = true;
    showLine("place", null);
  }

  async open(id, settles = false) {
    const state = new DocumentState(await get("document", { id, settles }));
    this.state = state;
    showLine("place", `${this.task.annotator}: ${state.id}${state.group ? ` (${state.group})` : ""}`);
    showLine("banner", bannerOf(state));
    this.clock.reset();
    state.selected = state.neighbour(1, true);
    this.view.show(state);
    this.panel.renderEvidence();
    this.render();
    scrollTo(0, 0);
    byId("text").focus({ preventScroll: true });
    document.body.dataset.document = id;
    history.replaceState(null, "", `#${new URLSearchParams(settles ? { id, settles: 1 } : { id })}`);
  }

  async reload() {
    const { selected, cursor } = this.state;
    await this.open(this.state.id, this.state.settles);
    if (this.state.items[selected]) this.state.selected = selected;
    this.state.cursor = cursor;
    this.render();
  }

  showCounts({ counts }) {
    const parts = [`${counts.done} of ${counts.documents} done`];
    if (counts.skipped) parts.push(`${counts.skipped} skipped`);
    if (counts.conflicts) parts.push(`${counts.conflicts} different`);
    showLine("counts", parts.join(", "));
  }

  /** Apply changes on the page and store them. */
  change(action, after) {
    const decision = this.state.change(action, after);
    this.saver.add({ ...decision, seconds: this.clock.take() });
    this.render();
  }

  render() {
    this.view.render();
    this.panel.render();
    this.arcs.render();
    this.spanList.render();
    this.view.reveal();
    byId("flag").setAttribute("aria-pressed", String(this.state.state.flag));
    this.announce(this.describe());
  }

  describe() {
    const { state } = this;
    if (state.cursor) return `marked: ${state.offsets.slice(...state.cursor)}`;
    const item = state.items[state.selected];
    if (!item) return `${state.undecided} undecided`;
    const place = state.spans.findIndex(([key]) => key === state.selected) + 1;
    return `${state.surface(item)}: ${item.label}, ${item.status}, ${place} of ${state.spans.length}`;
  }

  announce(text) {
    byId("live").textContent = text;
  }

  select(key) {
    if (this.state === null) return;
    this.state.selected = key;
    this.state.cursor = null;
    this.render();
  }

  mark(start, end) {
    if (this.state === null || !this.task.kinds.includes("spans")) return;
    this.state.selected = null;
    this.state.cursor = [start, end];
    if (this.task.labels.length === 1) this.run("label", 0);
    else this.render();
  }

  chooseRelation(head, tail) {
    const { items } = this.state;
    const types = allowedTypes(this.task.relations, items[head], items[tail]);
    const relate = (at) => {
      this.state.head = null;
      this.change("relate", this.state.related(head, tail, types[at]));
    };
    if (types.length === 1) relate(0);
    else if (types.length > 1) dialogs.choose("Type of the relation", types.map((t) => t.name), relate);
    else if (this.task.relations.length > 0) {
      const labels = `${items[head].label} and ${items[tail].label}`;
      throw new Error(`no relation of the task joins ${labels}, in this direction`);
    }
  }

  /** The server refused a decision: show why, and show its state again. */
  async refused(problem) {
    try {
      await this.reload();
    } catch {
      // The problem itself is shown below.
    }
    showLine("problem", problem.message);
  }
}

function bannerOf(state) {
  const parts = [];
  if (state.settles) {
    parts.push(`Different answers of ${state.annotators.join(" and ")}: accept or reject each. Equal ones are accepted.`);
  }
  if (state.changed) parts.push("The text has changed since it was reviewed; review it again.");
  if (state.state.state === "done") parts.push("This document is finished. Changes count at once.");
  if (state.state.state === "skipped") parts.push(`Skipped: ${state.state.reason ?? ""}`);
  return parts.join("\n");
}

async function start() {
  try {
    const app = new App(await get("task"));
    const place = new URLSearchParams(location.hash.slice(1));
    const id = place.get("id");
    if (id === null) await app.next();
    else {
      app.showCounts(await get("queue"));
      await app.open(id, place.has("settles")).catch(() => app.next());
    }
    document.body.dataset.ready = "true";
  } catch (problem) {
    showLine("problem", problem.message);
  }
}

await start();
