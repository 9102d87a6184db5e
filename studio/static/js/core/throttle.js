/** Requests while something is dragged: one at a time. */

import { isAborted } from "./api.js";

/**
 * `ask` is called at most once in `pause` ms. A newer call ends the one on its way, whose answer nobody sees. Of what
 * fails, `fail` hears unless it was ended on purpose.
 *
 * @template A, B
 * @param {(what: A, signal: AbortSignal) => Promise<B>} ask
 * @param {(answer: B, what: A) => void} show
 * @param {(error: unknown) => void} fail
 * @param {number} pause
 */
export function latest(ask, show, fail, pause) {
  /** @type {AbortController|null} */
  let current = null;
  /** @type {number|undefined} */
  let timer;
  let begun = -Infinity;

  /** @param {A} what */
  async function go(what) {
    begun = performance.now();
    current?.abort();
    const mine = (current = new AbortController());
    try {
      const answer = await ask(what, mine.signal);
      if (current === mine) show(answer, what);
    } catch (error) {
      if (current === mine && !isAborted(error)) fail(error);
    } finally {
      if (current === mine) current = null;
    }
  }

  return {
    /** @param {A} what */
    want(what) {
      clearTimeout(timer);
      timer = setTimeout(() => void go(what), Math.max(0, begun + pause - performance.now()));
    },
    stop() {
      clearTimeout(timer);
      current?.abort();
      current = null;
    },
  };
}

/**
 * Requests while something is dragged, where each costs the server time: the next one is made when the last was
 * answered, with what was wanted last by then. Every answer is shown, so that something is seen on the way.
 *
 * @template A, B
 * @param {(what: A, signal: AbortSignal) => Promise<B>} ask
 * @param {(answer: B, what: A) => void} show
 * @param {(error: unknown) => void} [fail]
 */
export function oneByOne(ask, show, fail = () => {}) {
  /** @type {AbortController|null} */
  let current = null;
  /** @type {A[]} the one that is asked for next */
  let wanted = [];

  async function go() {
    const mine = (current = new AbortController());
    while (wanted.length) {
      const [what] = wanted.splice(0);
      try {
        const answer = await ask(what, mine.signal);
        if (current === mine) show(answer, what);
      } catch (error) {
        if (current === mine) fail(error);
      }
      if (current !== mine) return; // it was stopped, and others may be asked for
    }
    current = null;
  }

  return {
    /** @param {A} what */
    want(what) {
      wanted = [what];
      if (!current) void go();
    },
    stop() {
      current?.abort();
      current = null;
      wanted = [];
    },
  };
}

/**
 * Call `draw` in the next frame, once however often it is asked for.
 * @param {() => void} draw
 */
export function onceAFrame(draw) {
  let waiting = false;
  return () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      draw();
    });
  };
}
