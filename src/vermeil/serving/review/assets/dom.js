// Elements from data. Text enters the page as text only, never as HTML.

/** Return an element with attributes and children; a string child is text. */
export function element(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "onclick") node.addEventListener("click", value);
    else if (value !== null && value !== undefined) node.setAttribute(key, value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

export function button(text, onclick, attributes = {}) {
  return element("button", { type: "button", onclick, ...attributes }, text);
}

/** Open the dialog with a title and content; return a function that closes it. */
export function openDialog(title, ...content) {
  const dialog = document.getElementById("dialog");
  const close = () => dialog.close();
  dialog.replaceChildren(
    element("h2", { id: "dialog-title" }, title),
    ...content,
    element("div", { class: "buttons" }, button("Close", close)),
  );
  if (!dialog.open) dialog.showModal();
  return close;
}

export function byId(id) {
  return document.getElementById(id);
}

/** Show a text in a line, or hide the line if there is none. */
export function showLine(id, text) {
  const node = byId(id);
  node.textContent = text ?? "";
  node.hidden = !text;
}

export function percent(value) {
  return value === null || value === undefined ? "–" : `${(100 * value).toFixed(1)}`;
}
