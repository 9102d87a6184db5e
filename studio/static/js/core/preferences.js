/** What this browser remembers of how somebody likes to work; nothing of the chapter. */

const PREFIX = "mangacolor.";
const RECENT = 12; // colours: two rows of six

/** @param {string} key @param {string} otherwise */
export function recall(key, otherwise) {
  try {
    return localStorage.getItem(PREFIX + key) ?? otherwise;
  } catch {
    return otherwise; // storage is switched off
  }
}

/** @param {string} key @param {string} value */
export function remember(key, value) {
  try {
    localStorage.setItem(PREFIX + key, value);
  } catch {
    // storage is switched off or full: it is only convenience
  }
}

/** @returns {string[]} colours used last, the latest first */
export const recentColours = () => recall("recent", "").split(" ").filter(Boolean);

/** @param {string} colour */
export function rememberColour(colour) {
  const rest = recentColours().filter((old) => old !== colour);
  remember("recent", [colour, ...rest].slice(0, RECENT).join(" "));
}
