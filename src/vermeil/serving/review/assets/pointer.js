// Mouse and touch: mark text by dragging, a word by a double click, select a span by a click.

/**
 * Handle the pointer on the text.
 *
 * @param {TextView} view the text
 * @param {object} on functions: mark(start, end), select(key), relate(head, tail), drag(key, event)
 */
export function handlePointer(view, on) {
  const { container } = view;
  let dragged = null; // key of the span whose tag is dragged
  let moved = false;

  container.addEventListener("pointerdown", (event) => {
    const tag = event.target.closest(".tag");
    dragged = tag === null || event.button !== 0 ? null : tag.dataset.key;
    moved = false;
    if (dragged !== null) event.preventDefault(); // no text selection from a tag
  });

  addEventListener("pointermove", (event) => {
    if (dragged === null) return;
    moved = true;
    on.drag(dragged, event);
  });

  addEventListener("pointerup", (event) => {
    if (dragged === null) return;
    const head = dragged;
    dragged = null;
    on.drag(null, event);
    const below = document.elementFromPoint(event.clientX, event.clientY);
    const tail = below?.closest("#text [data-key]")?.dataset.key;
    if (moved && tail !== undefined && tail !== head) on.relate(head, tail);
    else if (!moved) on.select(head);
  });

  container.addEventListener("mouseup", (event) => {
    if (event.button !== 0 || event.target.closest(".tag")) return;
    const range = selectedRange(view);
    if (range !== null) {
      // With Alt, the range is exact; else it is extended to whole words.
      const { boundaries } = view.state;
      const found = event.altKey ? boundaries.toGraphemes(...range) : boundaries.toWords(...range);
      getSelection().removeAllRanges();
      on.mark(...found);
      return;
    }
    if (event.detail === 1) on.select(event.target.closest("[data-key]")?.dataset.key ?? null);
  });
}

/** Return the range of code points of the selection, without white space around it. */
function selectedRange(view) {
  const selection = getSelection();
  if (selection.isCollapsed || selection.rangeCount === 0) return null;
  const range = selection.getRangeAt(0);
  let start = view.pointAt(range.startContainer, range.startOffset);
  let end = view.pointAt(range.endContainer, range.endOffset);
  if (start === null || end === null) return null;
  const { offsets } = view.state;
  while (start < end && /\s/.test(offsets.slice(start, start + 1))) start += 1;
  while (start < end && /\s/.test(offsets.slice(end - 1, end))) end -= 1;
  return start < end ? [start, end] : null;
}
