// The progress dialog: statistics of the review, gold, and the small training.

import { get, post } from "/assets/api.js";
import { button, byId, element, openDialog, percent } from "/assets/dom.js";

const POLL = 1000; // milliseconds

/** Show statistics and training. `unavailable` is the reason why no training is possible. */
export async function showProgress(unavailable) {
  const [stats, queue] = await Promise.all([get("stats"), get("queue")]);
  const training = element("section", { id: "training", "aria-live": "polite" });
  openDialog(
    "Progress",
    table(summary(stats, queue.counts)),
    ...agreement(stats.agreement),
    ...sources(stats.sources),
    element("h2", {}, "Gold"),
    button("Write gold now", writeGold, { id: "write-gold" }),
    element("p", { id: "gold-state", role: "status" }),
    element("h2", {}, "Small training"),
    unavailable === null ? training : element("p", {}, `Not possible: ${unavailable}`),
  );
  if (unavailable === null) await follow(training);
}

function summary(stats, counts) {
  const seconds = stats.seconds_per_document;
  const people = Object.entries(stats.annotators).map(
    ([name, one]) => `${name}: ${one.documents} in ${one.minutes.toFixed(1)} min`,
  );
  return [
    ["documents", `${stats.documents} done, ${stats.skipped} skipped, of ${counts.documents}`],
    ["flagged", String(stats.flagged)],
    ["different answers", `${stats.conflicts} open, ${stats.settled} settled`],
    ["time", `${stats.minutes.toFixed(1)} min`],
    ["per document", seconds === null ? "–" : `${seconds.toFixed(1)} s (median)`],
    ["annotators", people.join("; ") || "–"],
  ];
}

function agreement(found) {
  if (found === null) {
    return [element("p", { class: "faint" }, "Agreement: no document has two finished answers.")];
  }
  const interval = (range) => (range ? ` (95 %: ${percent(range[0])} to ${percent(range[1])})` : "");
  const kappa = found.kappa === null ? "undefined" : found.kappa.toFixed(3);
  const kappaRange = found.kappa_interval;
  const range = kappaRange ? ` (95 %: ${kappaRange.map((v) => v.toFixed(3)).join(" to ")})` : "";
  return [
    element("h2", {}, "Agreement of two annotators"),
    table([
      ["documents", `${found.documents}, ${found.identical} identical`],
      ["F1", percent(found.f1) + interval(found.f1_interval)],
      ["Cohen's kappa", kappa + range],
    ]),
  ];
}

function sources(found) {
  const rows = Object.entries(found).map(([name, one]) => [
    name,
    `${one.right} of ${one.suggested} right (${percent(one.right_share)} %), `
      + `${one.changed} changed, ${one.rejected} rejected`,
  ]);
  return rows.length > 0 ? [element("h2", {}, "Suggestions by source"), table(rows)] : [];
}

function table(rows) {
  const cells = rows.map(([name, value]) =>
    element("tr", {}, element("th", { scope: "row" }, name), element("td", {}, value)),
  );
  return element("table", {}, element("tbody", {}, ...cells));
}

async function writeGold() {
  const report = await post("gold");
  byId("gold-state").textContent =
    report === null ? "no decision yet" : `gold.jsonl: ${report.accepted} documents`;
}

/** Show the state of the training until it ends or the dialog closes. */
async function follow(section) {
  for (;;) {
    const status = await get("training");
    if (!section.isConnected || !byId("dialog").open) return;
    const start = async () => {
      try {
        await post("training");
        await follow(section);
      } catch (problem) {
        section.append(element("p", { role: "alert" }, problem.message));
      }
    };
    const running = status.phase === "running";
    section.replaceChildren(
      element("p", {}, describe(status)),
      table(status.results.map((one) => [`${one.documents} documents`, gain(one)])),
      running ? "" : button("Train with the reviewed documents", start, { id: "train" }),
    );
    if (!running) return;
    await new Promise((resolve) => setTimeout(resolve, POLL));
  }
}

function describe(status) {
  if (status.phase === "none") {
    return "Trains a student with a small budget in the background, without and with the reviewed "
      + "documents, scores both on dev, and moves the documents it is least certain about forward.";
  }
  if (status.phase === "failed") return `The training failed: ${status.problem}`;
  if (status.phase === "done") return "The training is finished; the queue was ranked again.";
  const total = status.total === null ? "" : ` of ${status.total}`;
  return `Training: ${status.stage} ${status.done}${total}`;
}

function gain(one) {
  const after = `F1 on dev ${percent(one.after)}`;
  if (one.difference === null) return `${after}; there was nothing to train on before`;
  const points = (value) => (100 * value).toFixed(1);
  const rate = one.gain_per_minute === null ? "–" : `${points(one.gain_per_minute)} points per minute`;
  return `${after}, before ${percent(one.before)}: ${points(one.difference)} points `
    + `(95 %: ${points(one.low)} to ${points(one.high)}; one seed), ${rate}`;
}
