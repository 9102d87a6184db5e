/** Elements, made of data without ever reading it as markup. */

/**
 * @param {string} tag  with classes: `button.quiet.small`
 * @param {Record<string, any>} [given]  attributes; `on…` are listeners; `text` is the content
 * @param {...(Node|string|null|false|undefined)} children
 * @returns {any}
 */
export function make(tag, given = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const element = document.createElement(name || "div");
  if (classes.length) element.className = classes.join(" ");
  if (name === "button") element.setAttribute("type", "button");
  for (const [key, value] of Object.entries(given)) give(element, key, value);
  element.append(...onlyThere(children));
  return element;
}

/** @param {(Node|string|null|false|undefined)[]} children */
const onlyThere = (children) =>
  children.filter((child) => child !== null && child !== false && child !== undefined);

/** @param {HTMLElement} element @param {string} key @param {any} value */
function give(element, key, value) {
  if (value === undefined || value === null || value === false) return;
  if (key === "text") element.textContent = value;
  else if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
  else if (key in element && typeof value === "boolean") /** @type {any} */ (element)[key] = value;
  else element.setAttribute(key, value === true ? "" : String(value));
}

/** @template {HTMLElement} [E=HTMLElement] @param {string} id @returns {any} */
export function find(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`index.html has no #${id}`);
  return element;
}

/**
 * A button with a drawn sign; `label` is its name, its tooltip and what is read out.
 * @param {string} sign  an id in index.html's drawing of signs
 * @param {string} label
 * @param {(event: MouseEvent) => void} act
 * @param {Record<string, any>} [given]
 */
export function signButton(sign, label, act, given = {}) {
  return make("button.sign", { "aria-label": label, title: label, onclick: act, ...given }, drawSign(sign));
}

/** @param {string} label @param {number} least @param {number} most @param {number} step */
export const slider = (label, least, most, step) =>
  make("input", { type: "range", "aria-label": label, min: least, max: most, step });

/** @param {string} sign */
export function drawSign(sign) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("class", "drawn");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(space, "use");
  use.setAttribute("href", `#sign-${sign}`);
  svg.append(use);
  return svg;
}

/**
 * A spot of a colour. The colour goes in as a property, which no content policy forbids.
 * @param {string} colour
 * @param {string} [classes]
 */
export function swatch(colour, classes = "") {
  const spot = make(`span.swatch${classes}`, { "aria-hidden": "true" });
  spot.style.setProperty("--swatch", colour);
  return spot;
}

/**
 * Put new content in place, the focus back on the control of the same `data-key`, or in the row that has taken the place
 * of its own, and what was open open again.
 * @param {HTMLElement} place
 * @param {...(Node|string|null|false|undefined)} children
 */
export function refill(place, ...children) {
  const active = document.activeElement;
  const key = active instanceof HTMLElement && place.contains(active) ? active.dataset.key : undefined;
  const row = [...place.children].findIndex((child) => child.contains(active));
  const open = [...place.querySelectorAll("details[open][data-key]")].map(keyOf);
  place.replaceChildren(...onlyThere(children));
  for (const one of open) withKey(place, one)?.setAttribute("open", "");
  if (key !== undefined) (withKey(place, key) ?? firstOf(place, row))?.focus({ preventScroll: true });
}

/** The first control of a row, or of the last one where there are fewer. @param {HTMLElement} place @param {number} row */
function firstOf(place, row) {
  const there = place.children[Math.min(row, place.children.length - 1)];
  return /** @type {HTMLElement|null} */ (there?.querySelector("[data-key]:not(:disabled)") ?? null);
}

/** @param {Element} element */
const keyOf = (element) => /** @type {HTMLElement} */ (element).dataset.key ?? "";

/** @param {HTMLElement} place @param {string} key @returns {HTMLElement|null} */
const withKey = (place, key) => place.querySelector(`[data-key="${CSS.escape(key)}"]`);

/** @param {number} number @param {string} one @param {string} [many] */
export const counted = (number, one, many = `${one}s`) => `${number} ${number === 1 ? one : many}`;

/** Words of ours that say "click", as they are where one taps, without keys. @param {string} text */
export const forHand = (text) =>
  matchMedia("(pointer: coarse)").matches
    ? text
        .replace(/ \((Shift|Alt) and click\)/, "")
        .replace(/\bclick/g, "tap")
        .replace(/\bClick/g, "Tap")
    : text;
