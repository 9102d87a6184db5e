/** What the server tells by itself: pages done, runs, other windows' changes. Reconnects on its own. */

import { address } from "./api.js";

const RETRY = 2000; // ms: soon enough to go on working, seldom enough for a server that is away

/**
 * @param {Record<string, (data: any) => void>} hear  by the event's name
 * @param {(connected: boolean) => void} change
 * @returns {() => void} try again at once
 */
export function follow(hear, change) {
  /** @type {EventSource|null} */
  let source = null;
  /** @type {number|undefined} */
  let timer;

  function open() {
    clearTimeout(timer);
    source?.close();
    const mine = (source = new EventSource(address("events")));
    mine.onopen = () => change(true);
    mine.onerror = () => {
      mine.close();
      if (source !== mine) return;
      change(false);
      timer = setTimeout(open, RETRY);
    };
    for (const [name, act] of Object.entries(hear)) {
      mine.addEventListener(name, (event) => act(JSON.parse(/** @type {MessageEvent} */ (event).data)));
    }
  }

  open();
  return open;
}
