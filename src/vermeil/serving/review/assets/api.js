// Requests to the server, and the queue of decisions that are not confirmed yet.

/** Error that the server reports, with its status. */
export class ServerProblem extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

export async function get(path, values = {}) {
  const query = new URLSearchParams(values).toString();
  return answer(await fetch(`/api/${path}${query ? `?${query}` : ""}`));
}

export async function post(path, value = {}) {
  const headers = { "Content-Type": "application/json" };
  return answer(await fetch(`/api/${path}`, { method: "POST", headers, body: JSON.stringify(value) }));
}

async function answer(response) {
  const value = await response.json().catch(() => null);
  if (response.ok) return value;
  throw new ServerProblem(response.status, value?.detail ?? `status ${response.status}`);
}

const RETRY = 1500; // milliseconds

/** Sends decisions one after the other; a failed connection is tried again. */
export class Saver {
  /**
   * @param {(text: string) => void} onState called with the state in words
   * @param {(problem: Error) => void} onRefused called when the server refuses a decision
   */
  constructor(onState, onRefused) {
    this.onState = onState;
    this.onRefused = onRefused;
    this.waiting = [];
    this.running = null;
  }

  get isSaved() {
    return this.waiting.length === 0;
  }

  /** Add a decision; it is sent after those before it. */
  add(decision) {
    this.waiting.push(decision);
    this.running ??= this.run().finally(() => {
      this.running = null;
    });
  }

  /** Wait until all decisions are on disk; return false if one was refused. */
  async flush() {
    return this.running === null ? true : this.running;
  }

  async run() {
    this.onState("saving …");
    while (this.waiting.length > 0) {
      try {
        await post("decision", this.waiting[0]);
        this.waiting.shift();
      } catch (problem) {
        if (problem instanceof ServerProblem) {
          this.waiting = [];
          this.onState("not saved");
          this.onRefused(problem);
          return false;
        }
        this.onState(`no connection; ${this.waiting.length} not saved`);
        await new Promise((resolve) => setTimeout(resolve, RETRY));
      }
    }
    this.onState("saved");
    return true;
  }
}

/** Measures active time: pauses are cut to a length. */
export class Stopwatch {
  constructor(idleSeconds) {
    this.longest = idleSeconds * 1000;
    this.reset();
    for (const kind of ["keydown", "pointermove", "pointerdown", "wheel"]) {
      addEventListener(kind, () => this.tick(), { passive: true, capture: true });
    }
  }

  reset() {
    this.active = 0;
    this.last = performance.now();
  }

  tick() {
    const now = performance.now();
    this.active += Math.min(now - this.last, this.longest);
    this.last = now;
  }

  /** Return the active seconds since the last call. */
  take() {
    this.tick();
    const seconds = this.active / 1000;
    this.active = 0;
    return seconds;
  }
}
