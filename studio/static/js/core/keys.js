/** Every key of the studio in one table: what it does, and what the help says of it. */

/**
 * @typedef {{keys: string[], words: string, act: (event: KeyboardEvent) => void, part: string,
 *   when?: () => boolean}} Binding
 */

/** @type {Binding[]} */
const bindings = [];

/**
 * @param {string} part  heading in the help
 * @param {string[]} keys  as `ArrowLeft`, `Ctrl+z`, `?`; the first one is shown
 * @param {string} words
 * @param {(event: KeyboardEvent) => void} act
 * @param {() => boolean} [when]  holds only then; of several for one key the one bound last is asked first
 */
export function bind(part, keys, words, act, when) {
  bindings.push({ part, keys, words, act, when });
}

/** Of each arrow key where it leads: right and down are 1. @type {[string, number, number][]} */
const ARROWS = [
  ["ArrowLeft", -1, 0],
  ["ArrowRight", 1, 0],
  ["ArrowUp", 0, -1],
  ["ArrowDown", 0, 1],
];

/**
 * The arrow keys, which move something by a step, with Shift by `far` times that.
 * @param {string} part @param {string} words @param {number} far
 * @param {(x: number, y: number) => void} move  in steps
 * @param {() => boolean} when
 */
export function bindArrows(part, words, far, move, when) {
  for (const [key, x, y] of ARROWS) {
    bind(
      part,
      [key, `Shift+${key}`],
      words,
      ({ shiftKey }) => move(x * (shiftKey ? far : 1), y * (shiftKey ? far : 1)),
      when,
    );
  }
}

export const allBindings = () => bindings;

/** @param {KeyboardEvent} event */
function nameOf(event) {
  const command = event.ctrlKey || event.metaKey ? "Ctrl+" : "";
  const alone = event.key.length === 1;
  const shift = event.shiftKey && (!alone || command) ? "Shift+" : "";
  return command + shift + (alone ? event.key.toLowerCase() : event.key);
}

/** Whether a key belongs to the control that has the focus. @param {KeyboardEvent} event */
function isTaken(event) {
  const target = event.target;
  if (!(target instanceof HTMLElement)) return false;
  if (document.querySelector("dialog[open]")) return true;
  if (event.key === "Enter" || event.key === " ")
    return target.matches("button, a, summary, input, select, textarea");
  const typing = target.matches("input:not([type=range], [type=checkbox], [type=radio]), textarea, select");
  if (typing && event.key === "Escape") {
    target.blur(); // what is typed next is for the studio
    return false;
  }
  if (typing && isUndo(event)) return target.dataset.typed === "yes"; // the field's own, until it is given
  if (typing) return !(event.ctrlKey || event.metaKey) || /^[acvx]$/i.test(event.key);
  const moves = target.matches("input[type=range], input[type=radio], [role=tab], [data-own-arrows]");
  return moves && /^(Arrow|Home|End|Page)/.test(event.key);
}

/** @param {KeyboardEvent} event */
const isUndo = (event) => (event.ctrlKey || event.metaKey) && /^[yz]$/i.test(event.key);

export function listen() {
  document.addEventListener("input", ({ target }) => {
    if (target instanceof HTMLElement) target.dataset.typed = "yes";
  });
  document.addEventListener("change", ({ target }) => {
    if (target instanceof HTMLElement) delete target.dataset.typed;
  });
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.altKey || isTaken(event)) return;
    const name = nameOf(event);
    for (const binding of [...bindings].reverse()) {
      if (!binding.keys.includes(name) || (binding.when && !binding.when())) continue;
      event.preventDefault();
      binding.act(event);
      return;
    }
  });
}
