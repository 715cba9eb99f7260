// Conversion between code points (offsets of the server) and UTF-16 units (offsets of JavaScript).
// All other modules count code points; only this one knows both.

export class Offsets {
  /** @param {string} text the text of a document */
  constructor(text) {
    const units = new Uint32Array(text.length + 1);
    let points = 0;
    for (let unit = 0; unit < text.length; points += 1) {
      units[points] = unit;
      unit += text.codePointAt(unit) > 0xffff ? 2 : 1;
    }
    units[points] = text.length;
    this.text = text;
    this.length = points;
    this.units = units.subarray(0, points + 1);
  }

  /** Return the UTF-16 unit at which a code point begins. */
  toUnit(point) {
    return this.units[point];
  }

  /** Return the code point that holds a UTF-16 unit. */
  toPoint(unit) {
    return lastAtMost(this.units, unit);
  }

  /** Return the text between two code points. */
  slice(start, end) {
    return this.text.slice(this.units[start], this.units[end]);
  }
}

/** Return the position of the last value that is at most `value`; -1 if there is none. */
export function lastAtMost(sorted, value) {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
