/** Which pages are seen together, and which comes next. */

/** @typedef {import("../core/types.js").Page} Page */

/**
 * The pages in sight: one, or the two that lie open. The first page of a chapter is its cover and lies alone;
 * halves of one drawing lie together.
 * @param {Page[]} pages
 * @param {string|null} name
 * @param {boolean} isDouble
 * @returns {Page[]}
 */
export function pagesInSight(pages, name, isDouble) {
  const at = pages.findIndex((page) => page.name === name);
  if (at < 0) return [];
  if (!isDouble) return [pages[at]];
  return openings(pages).find((opening) => opening.includes(pages[at])) ?? [pages[at]];
}

/** @param {Page[]} pages @returns {Page[][]} */
export function openings(pages) {
  /** @type {Page[][]} */
  const found = [];
  for (let at = 0; at < pages.length;) {
    const next = pages[at + 1];
    const alone = !next || isWide(pages[at]) || isWide(next) || (at === 0 && !areHalves(pages[at], next));
    const splits = !alone && !areHalves(pages[at], next) && pages[at + 2] && areHalves(next, pages[at + 2]);
    const take = alone || splits ? 1 : 2;
    found.push(pages.slice(at, at + take));
    at += take;
  }
  return found;
}

/** @param {Page} page */
const isWide = (page) => page.size !== null && page.size[0] > page.size[1];

/** @param {Page} one @param {Page} other */
const areHalves = (one, other) => one.spread === other.name;

/**
 * The page to go to: `step` is 1 for onwards in reading order, −1 for back.
 * @param {Page[]} pages @param {string|null} name @param {number} step @param {boolean} isDouble
 * @returns {string|null}
 */
export function pageBeside(pages, name, step, isDouble) {
  if (!isDouble) {
    const at = pages.findIndex((page) => page.name === name);
    return pages[at + step]?.name ?? null;
  }
  const all = openings(pages);
  const at = all.findIndex((opening) => opening.some((page) => page.name === name));
  return all[at + step]?.[0]?.name ?? null;
}
