/** The window's address: its chapter and its page, so that a link, a reload and the back button lead there. */

/** @param {string} chapter  "" for the one that the studio shows first */
export const linkTo = (chapter) => (chapter ? `/?${new URLSearchParams({ chapter })}` : "/");

/** The chapter that the address names; "" where it names none. */
export const chapterInAddress = () => new URLSearchParams(location.search).get("chapter") ?? "";

/** The page that the address names. */
export const pageInAddress = () => new URLSearchParams(location.hash.slice(1)).get("page");

const PAUSE = 400; // ms: browsers refuse an address that changes more than a hundred times in half a minute

/** @type {number|undefined} */
let timer;
let kept = -Infinity;

/** The last one, where many follow each other. @param {string} chapter @param {string} page */
export function keepInAddress(chapter, page) {
  clearTimeout(timer);
  const write = () => {
    kept = performance.now();
    history.replaceState(null, "", `${linkTo(chapter)}#${new URLSearchParams({ page })}`);
  };
  timer = setTimeout(write, Math.max(0, kept + PAUSE - performance.now()));
}
