// Keys of the page, and the names of their commands for the help.

export const KEYS = [
  ["n", "next_span", "Next span"],
  ["p", "previous_span", "Previous span"],
  ["v", "next_undecided", "Next undecided span"],
  ["a", "accept", "Accept the span and go to the next undecided one"],
  ["r", "reject", "Reject the span and go to the next undecided one"],
  ["1 … 9", null, "Label of the span, of the marked words or of the text; type of the relation"],
  ["l", "choose_label", "Choose a label from the list"],
  ["e / E", null, "Extend / shrink the end by a word"],
  ["w / W", null, "Extend / shrink the start by a word"],
  ["d / D", null, "Extend / shrink the end by a character"],
  ["s / S", null, "Extend / shrink the start by a character"],
  ["← →", null, "Move the cursor by a word; with Shift, extend it"],
  ["o", "same_text", "Same text elsewhere: repeat the decision, after a preview"],
  ["h", "relate", "Make the span the head of a relation; then go to the tail and press a number"],
  ["z / y", null, "Undo / redo (also Ctrl+Z, Ctrl+Shift+Z)"],
  ["Enter", "finish", "Accept what is undecided, finish, next document"],
  ["x", "skip", "Skip the document, with a reason"],
  ["f", "flag", "Flag the document"],
  ["b", "previous_document", "Previous document"],
  ["g", "guidelines", "Guidelines and labels"],
  ["k", "list_spans", "List of all spans, for screen readers too"],
  ["t", "teacher", "Teacher's words"],
  ["c", "conflicts", "Different answers of annotators"],
  ["m", "progress", "Progress, agreement, small training"],
  ["q", "end_round", "End the round of vermeil run --until"],
  ["Esc", "escape", "Clear the selection"],
  ["?", "help", "This list"],
];

const COMMANDS = {
  n: "next_span", p: "previous_span", v: "next_undecided", a: "accept", r: "reject",
  l: "choose_label", o: "same_text", h: "relate", z: "undo", y: "redo", Enter: "finish", x: "skip",
  f: "flag", b: "previous_document", g: "guidelines", t: "teacher", c: "conflicts", m: "progress",
  q: "end_round", k: "list_spans",
  Escape: "escape", "?": "help",
};

const BOUNDARIES = {
  e: ["end", "word", true], E: ["end", "word", false],
  w: ["start", "word", true], W: ["start", "word", false],
  d: ["end", "character", true], D: ["end", "character", false],
  s: ["start", "character", true], S: ["start", "character", false],
};

/**
 * Return the command of a key as [name, ...arguments], or null.
 *
 * Keys with Ctrl, Alt or Meta belong to the browser, apart from undo and redo.
 */
export function commandOf(event) {
  const { key } = event;
  if (event.ctrlKey || event.metaKey) {
    if (event.altKey) return null;
    if (key.toLowerCase() === "z") return [event.shiftKey ? "redo" : "undo"];
    return key.toLowerCase() === "y" ? ["redo"] : null;
  }
  if (event.altKey || event.isComposing) return null;
  if (/^[1-9]$/.test(key)) return ["label", Number(key) - 1];
  if (key in BOUNDARIES) return ["move_boundary", ...BOUNDARIES[key]];
  if (key === "ArrowLeft" || key === "ArrowRight") {
    return ["move_cursor", key === "ArrowRight" ? 1 : -1, event.shiftKey];
  }
  return key in COMMANDS ? [COMMANDS[key]] : null;
}
