// Boundaries of words and of characters as people see them (grapheme clusters), in code points.

import { lastAtMost } from "/assets/offsets.js";

export class Boundaries {
  /**
   * @param {Offsets} offsets offsets of the text
   * @param {number[]} words start and end of every word, flat
   */
  constructor(offsets, words) {
    this.offsets = offsets;
    this.starts = words.filter((_, at) => at % 2 === 0);
    this.ends = words.filter((_, at) => at % 2 === 1);
    this.cached = null;
  }

  /** Boundaries of grapheme clusters: combining characters and joined emoji are not split. */
  get graphemes() {
    if (this.cached === null) {
      const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });
      const found = [];
      for (const one of segmenter.segment(this.offsets.text)) {
        found.push(this.offsets.toPoint(one.index));
      }
      found.push(this.offsets.length);
      this.cached = found;
    }
    return this.cached;
  }

  /** Return the word at a code point, or the next one, as [start, end]; null without words. */
  wordAt(point) {
    const at = lastAtMost(this.starts, point);
    if (at >= 0 && point < this.ends[at]) return this.word(at);
    if (at + 1 < this.starts.length) return this.word(at + 1);
    return at >= 0 ? this.word(at) : null;
  }

  word(at) {
    return [this.starts[at], this.ends[at]];
  }

  /** Move one end of a range by a word or a character; return null if it cannot move. */
  moved(range, side, unit, grow) {
    const [start, end] = range;
    const forward = (side === "end") === grow;
    const known = unit === "word" ? (side === "end" ? this.ends : this.starts) : this.graphemes;
    const from = side === "end" ? end : start;
    const to = forward ? firstAbove(known, from) : lastBelow(known, from);
    if (to === null) return null;
    const found = side === "end" ? [start, to] : [to, end];
    return found[0] < found[1] ? found : null;
  }

  /** Return the range of whole words that a range touches; the range itself without words. */
  toWords(start, end) {
    const first = lastAtMost(this.starts, start);
    const last = lastAtMost(this.starts, end - 1);
    const from = first >= 0 && this.ends[first] > start ? first : first + 1;
    if (last < from) return this.toGraphemes(start, end);
    return [this.starts[from], this.ends[last]];
  }

  /** Return the smallest range of whole grapheme clusters around a range. */
  toGraphemes(start, end) {
    const known = this.graphemes;
    const from = known[lastAtMost(known, start)];
    const to = known[lastAtMost(known, end)];
    return [from, to < end ? firstAbove(known, end) : to];
  }
}

function firstAbove(sorted, value) {
  const at = lastAtMost(sorted, value) + 1;
  return at < sorted.length ? sorted[at] : null;
}

function lastBelow(sorted, value) {
  const at = lastAtMost(sorted, value - 1);
  return at >= 0 ? sorted[at] : null;
}
