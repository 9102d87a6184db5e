/** One state, changed by patches; views subscribe to the part that they show. */

/**
 * @template {object} S
 * @typedef {{get: () => S, set: (patch: Partial<S>) => void,
 *   watch: <V>(select: (state: S) => V, react: (value: V, before: V|undefined) => void) => () => void}} Store
 */

/**
 * @template {object} S
 * @param {S} initial
 * @returns {Store<S>}
 */
export function createStore(initial) {
  let state = initial;
  let queued = false;
  /** @type {Set<() => void>} */
  const watchers = new Set();

  function tell() {
    queued = false;
    for (const look of [...watchers]) {
      try {
        look();
      } catch (error) {
        reportError(error); // what else is seen goes on
      }
    }
  }

  return {
    get: () => state,
    set(patch) {
      state = { ...state, ...patch };
      if (queued) return;
      queued = true;
      queueMicrotask(tell);
    },
    watch(select, react) {
      let value = select(state);
      const look = () => {
        const next = select(state);
        if (isSame(value, next)) return;
        const before = value;
        value = next;
        react(next, before);
      };
      watchers.add(look);
      react(value, undefined);
      return () => watchers.delete(look);
    },
  };
}

/**
 * The same value, or lists of the same values: so a watcher may select several things at once.
 * @param {unknown} one
 * @param {unknown} other
 */
function isSame(one, other) {
  if (Object.is(one, other)) return true;
  if (!Array.isArray(one) || !Array.isArray(other) || one.length !== other.length) return false;
  return one.every((value, index) => Object.is(value, other[index]));
}
