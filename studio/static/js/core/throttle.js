/** Requests while something is dragged: one at a time, and only the last one counts. */

import { isAborted } from "./api.js";

/**
 * `ask` is called at most once in `pause` ms. A newer call ends the one on its way; `show` sees an answer only
 * if nothing newer was asked for. Of what fails, `fail` hears unless it was ended on purpose.
 *
 * @template A, B
 * @param {(what: A, signal: AbortSignal) => Promise<B>} ask
 * @param {(answer: B, what: A) => void} show
 * @param {(error: unknown) => void} fail
 * @param {number} [pause]
 */
export function latest(ask, show, fail, pause = 60) {
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
 * answered, if it was asked for since. Failures are left to whoever asks at the end.
 *
 * @template B
 * @param {() => Promise<B>} ask  with what there is by then
 * @param {(answer: B) => void} show
 */
export function oneByOne(ask, show) {
  let isAsking = false;
  let isWanted = false;

  async function go() {
    isAsking = true;
    while (isWanted) {
      isWanted = false;
      try {
        show(await ask());
      } catch {
        // the last request tells of it
      }
    }
    isAsking = false;
  }

  return () => {
    isWanted = true;
    if (!isAsking) void go();
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
