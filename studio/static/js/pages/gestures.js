/** Fingers, mouse and wheel on the stage: move, zoom, and the click that is left when neither was meant. */

import { moveBy, stageElement, zoomBy } from "./stage.js";

const STILL = 5; // screen pixels: what moves less is a click
const STILL_FINGER = 10; // a finger is less steady
const WHEEL = 0.0016; // zoom a pixel of wheel: a notch of 100 is a sixth

/**
 * @typedef {{click: (event: PointerEvent) => void, hover: (event: PointerEvent|null) => void,
 *   grab: (event: PointerEvent) => Grip|null}} Hands
 * @typedef {{drag: (event: PointerEvent) => void, drop: (event: PointerEvent) => void,
 *   cancel?: () => void}} Grip  what took hold of a pointer
 */

/** Screen pixels within which a pointer that went down there has not moved. @param {PointerEvent} event */
export const stillOf = (event) => (event.pointerType === "mouse" ? STILL : STILL_FINGER);

/** Whether it lies over the stage and is used by itself, as a note is. @param {EventTarget|null} target */
const isFloating = (target) => !(target instanceof Element) || target.closest("[data-floating]") !== null;

/**
 * `grab` is asked first when a pointer goes down: who answers has it until it goes up.
 * @param {Hands} hands
 */
export function startGestures(hands) {
  const stage = stageElement();
  /** @type {Map<number, PointerEvent>} */
  const down = new Map();
  /** @type {{event: PointerEvent, moved: boolean}|null} */
  let press = null;
  /** @type {Grip|null} */
  let grip = null;

  stage.addEventListener("pointerdown", (event) => {
    if (isFloating(event.target)) return;
    if (event.button > 1) return;
    // What is being written is for what is picked now; after a tap the focus goes only when something else is.
    if (document.activeElement instanceof HTMLInputElement) document.activeElement.blur();
    down.set(event.pointerId, event);
    stage.setPointerCapture(event.pointerId);
    if (down.size === 2) {
      grip?.cancel?.();
      [grip, press] = [null, null];
      return;
    }
    press = { event, moved: false };
    grip = event.button === 0 ? hands.grab(event) : null;
    if (event.button === 1) event.preventDefault();
  });

  stage.addEventListener("pointermove", (event) => {
    const before = down.get(event.pointerId);
    if (!before) return hands.hover(event);
    down.set(event.pointerId, event);
    if (down.size === 2) return pinch(before, event);
    if (grip) return grip.drag(event);
    if (!press) return;
    const far = Math.hypot(event.clientX - press.event.clientX, event.clientY - press.event.clientY);
    if (!press.moved && far <= stillOf(event)) return;
    const from = press.moved ? before : press.event;
    press.moved = true;
    stage.dataset.moving = "true";
    hands.hover(null);
    moveBy(event.clientX - from.clientX, event.clientY - from.clientY);
  });

  /** @param {PointerEvent} before @param {PointerEvent} event */
  function pinch(before, event) {
    const other = [...down.values()].find((one) => one.pointerId !== event.pointerId);
    if (!other) return;
    const corner = stage.getBoundingClientRect();
    const apart = (/** @type {PointerEvent} */ one) =>
      Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
    const middle = {
      x: (event.clientX + other.clientX) / 2 - corner.left,
      y: (event.clientY + other.clientY) / 2 - corner.top,
    };
    zoomBy(apart(event) / Math.max(1, apart(before)), middle);
    moveBy((event.clientX - before.clientX) / 2, (event.clientY - before.clientY) / 2);
  }

  /** @param {PointerEvent} event */
  function release(event) {
    if (!down.delete(event.pointerId)) return;
    const [held, pressed] = [grip, press];
    [grip, press] = [null, null];
    delete stage.dataset.moving;
    if (event.type === "pointercancel") return held?.cancel?.();
    if (held) return held.drop(event);
    if (pressed && !pressed.moved && pressed.event.button === 0) hands.click(event);
  }

  // After a tap browsers click by themselves, at that place of the window: the colour panel may have come there.
  stage.addEventListener(
    "touchend",
    (event) => {
      if (isFloating(event.target)) return;
      if (event.cancelable) event.preventDefault();
      stage.focus({ preventScroll: true });
    },
    { passive: false },
  );
  stage.addEventListener("pointerup", release);
  stage.addEventListener("pointercancel", release);
  stage.addEventListener("pointerleave", () => hands.hover(null));
  stage.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      if (event.shiftKey && !event.ctrlKey) return moveBy(-event.deltaY - event.deltaX, 0);
      const corner = stage.getBoundingClientRect();
      const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 24 : 1; // pixels a line, about
      const by = Math.exp(-event.deltaY * lines * (event.ctrlKey ? 6 : 1) * WHEEL);
      zoomBy(by, { x: event.clientX - corner.left, y: event.clientY - corner.top });
    },
    { passive: false },
  );
}
