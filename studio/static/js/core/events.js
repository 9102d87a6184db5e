/**
 * What the server tells by itself: pages done, runs, other windows' changes. Reconnects on its own.
 *
 * A browser has six connections to one server, and who listens holds one: with a stream for each tab the seventh
 * would never open. So a window listens while it is seen. When it is seen again the server's `hello` makes it ask
 * for everything, and notices are told that it has missed.
 */

import { address } from "./api.js";

const RETRY = 2000; // ms: soon enough to go on working, seldom enough for a server that is away

/**
 * @param {Record<string, (data: any) => void>} hear  by the event's name
 * @param {(connected: boolean) => void} change
 * @returns {() => void} try again at once, if the window is seen
 */
export function follow(hear, change) {
  /** @type {EventSource|null} */
  let source = null;
  /** @type {number|undefined} */
  let timer;
  let heard = ""; // the number of the last event

  function open() {
    clearTimeout(timer);
    source?.close();
    source = null;
    if (document.hidden) return;
    const mine = (source = new EventSource(address("events", { since: heard })));
    mine.onopen = () => change(true);
    mine.onerror = () => {
      mine.close();
      if (source !== mine) return;
      change(false);
      timer = setTimeout(open, RETRY);
    };
    for (const [name, act] of Object.entries(hear)) {
      mine.addEventListener(name, (event) => {
        const { data, lastEventId } = /** @type {MessageEvent} */ (event);
        heard = lastEventId;
        act(JSON.parse(data));
      });
    }
  }

  document.addEventListener("visibilitychange", open);
  open();
  return open;
}
