/** One page on the stage: its picture, the scan under it, over it a preview and what it is without changes. */

import { make } from "../core/dom.js";
import { pictureAddress } from "../core/api.js";

/** @typedef {import("../core/types.js").Page} Page */
/** @typedef {import("./view.js").Rect} Rect */

// Pixels: few sizes, so that the server's pictures are used again. At the first one it has pages ready to be painted.
const SIDES = [1400, 2000, 2800, 4000];
const OTHERWISE = /** @type {[number, number]} */ ([1000, 1414]); // of a page whose size nobody knows yet

/** The picture's side that is sharp at so many screen pixels. @param {number} pixels */
export const sideFor = (pixels) => SIDES.find((side) => side >= pixels * 0.9) ?? SIDES[SIDES.length - 1];

export class PageFrame {
  /** @param {Page} page @param {() => void} changed  called when what is seen has changed */
  constructor(page, changed) {
    this.page = page;
    this.changed = changed;
    /** @type {Rect} in screen pixels, from the stage's corner */
    this.rect = { x: 0, y: 0, width: 1, height: 1 };
    this.side = 0;
    this.before = this.#picture("The scan");
    this.after = this.#picture("");
    this.preview = this.#picture("");
    this.preview.hidden = true;
    this.unedited = this.#picture("");
    this.unedited.hidden = true;
    /** @type {string|null} what `unedited` is without: an edit, by its id, or all "changes" */
    this.without = null;
    /** @type {{key: string, ends: AbortController}|null} what `unedited` was asked for as, last */
    this.asked = null;
    this.missing = make("p.missing", { text: "This page's picture cannot be shown.", hidden: true });
    this.element = make(
      "div.page",
      { "data-page": page.name },
      this.before,
      this.after,
      this.preview,
      this.unedited,
      this.missing,
    );
    this.describe();
  }

  /** @returns {HTMLImageElement} */
  #picture(/** @type {string} */ alt) {
    const image = make("img", { alt, draggable: "false", fetchpriority: "high" }); // before thumbnails
    const tell = (/** @type {boolean} */ isThere) => () => {
      image.dataset.there = String(isThere);
      this.missing.hidden = this.#seen().dataset.there !== "false";
      this.changed();
    };
    image.addEventListener("load", tell(true));
    image.addEventListener("error", tell(false));
    return image;
  }

  describe() {
    const { page } = this;
    this.after.alt = `Page ${page.number}, ${page.name}, ${page.state}`;
    this.before.alt = `Page ${page.number}, ${page.name}, the scan`;
    this.element.dataset.colours = String(page.has_colours);
    this.element.dataset.state = page.state;
  }

  /** @returns {[number, number]} pixels of the source page */
  get size() {
    return this.page.size ?? OTHERWISE;
  }

  /** Whether the page has a picture of its own beside the scan. */
  get isColoured() {
    return this.page.has_colours || this.page.state === "coloured" || this.page.state === "copied";
  }

  /** Whether all that is to be seen is there. */
  get isReady() {
    return this.#seen().complete && this.#seen().dataset.there !== undefined;
  }

  #seen() {
    return this.isColoured ? this.after : this.before;
  }

  /** @param {Page} page  the same page in a newer state */
  update(page) {
    const moved = page.stamp !== this.page.stamp || page.state !== this.page.state;
    const isDone = this.page.stale && !page.stale;
    this.page = page;
    this.describe();
    if (moved && this.side) this.load(this.side);
    // Of what was taken back no picture has come: the page's own is there already.
    if (isDone && this.hasCome) this.dropPreview();
  }

  /** Whether the page's own picture is shown, and no other one of it is on its way. */
  get hasCome() {
    return this.after.getAttribute("src") === this.after.dataset.wanted;
  }

  /** @param {number} side */
  load(side) {
    this.side = side;
    if (this.isColoured) void this.#swap(this.after, pictureAddress("page", this.page, side));
    else this.after.removeAttribute("src");
    this.after.hidden = !this.isColoured;
    void this.#swap(this.before, pictureAddress("source", this.page, side));
  }

  /** What did not come while the studio was away. */
  retry() {
    for (const image of [this.before, this.after]) tryAgain(image);
  }

  /** Load beside what is seen, so that nothing flickers. @param {HTMLImageElement} image @param {string} src */
  async #swap(image, src) {
    image.dataset.wanted = src; // another one that is on its way is not
    if (image.getAttribute("src") === src) return;
    if (image.naturalWidth > 0) await decoded(src);
    if (image.dataset.wanted !== src) return;
    image.src = src;
    if (image === this.after) this.dropPreview();
  }

  /** @param {Blob} blob  the page as it would be */
  async showPreview(blob) {
    const address = URL.createObjectURL(blob);
    this.preview.dataset.wanted = address;
    await decoded(address);
    if (this.preview.dataset.wanted !== address) return URL.revokeObjectURL(address);
    const old = this.preview.src;
    this.preview.src = address;
    this.preview.hidden = false;
    if (old.startsWith("blob:")) URL.revokeObjectURL(old);
    this.changed();
  }

  dropPreview() {
    delete this.preview.dataset.wanted; // nor is one that is on its way
    if (this.preview.hidden) return;
    URL.revokeObjectURL(this.preview.src);
    this.preview.hidden = true;
    this.preview.removeAttribute("src");
  }

  /** @param {Blob} blob @param {string} without @param {AbortSignal} signal  it is wanted no more */
  async showUnedited(blob, without, signal) {
    const address = URL.createObjectURL(blob);
    await decoded(address);
    if (signal.aborted) return URL.revokeObjectURL(address);
    URL.revokeObjectURL(this.unedited.src);
    Object.assign(this.unedited, { src: address, hidden: false });
    this.without = without;
    this.changed();
  }

  /** Nor is one shown that is on its way. */
  hideUnedited() {
    this.asked?.ends.abort();
    this.asked = null;
    if (this.unedited.hidden) return;
    URL.revokeObjectURL(this.unedited.src);
    this.unedited.hidden = true;
    this.unedited.removeAttribute("src");
    this.without = null;
    this.changed();
  }

  /** It leaves the stage: nothing is fetched or kept for it. Who turns many pages waits for the last one alone. */
  dispose() {
    this.hideUnedited();
    this.dropPreview();
    for (const image of [this.before, this.after]) {
      delete image.dataset.wanted; // nor is one that is on its way
      image.removeAttribute("src");
    }
  }

  /** @param {Rect} rect */
  place(rect) {
    this.rect = rect;
    Object.assign(this.element.style, {
      transform: `translate(${rect.x}px, ${rect.y}px)`,
      width: `${rect.width}px`,
      height: `${rect.height}px`,
    });
  }

  /** @param {number} x @param {number} y  on the stage @returns {[number, number]|null} source pixels */
  toSource(x, y) {
    const across = (x - this.rect.x) / this.rect.width;
    const down = (y - this.rect.y) / this.rect.height;
    if (across < 0 || across >= 1 || down < 0 || down >= 1) return null;
    return [Math.floor(across * this.size[0]), Math.floor(down * this.size[1])];
  }

  /** The nearest pixel of the page. @param {number} x @param {number} y  on the stage @returns {[number, number]} */
  nearestSource(x, y) {
    const across = Math.floor(((x - this.rect.x) / this.rect.width) * this.size[0]);
    const down = Math.floor(((y - this.rect.y) / this.rect.height) * this.size[1]);
    return [
      Math.min(this.size[0] - 1, Math.max(0, across)),
      Math.min(this.size[1] - 1, Math.max(0, down)),
    ];
  }

  /** @param {number} x @param {number} y  source pixels @returns {[number, number]} on the stage */
  toStage(x, y) {
    const across = (x / this.size[0]) * this.rect.width;
    return [this.rect.x + across, this.rect.y + (y / this.size[1]) * this.rect.height];
  }
}

/** Ask once more for a picture that did not come. @param {HTMLImageElement} image */
export function tryAgain(image) {
  const src = image.getAttribute("src");
  if (src && image.dataset.there === "false") image.src = src;
}

/** @param {string} src */
async function decoded(src) {
  const image = new Image();
  image.src = src;
  try {
    await image.decode();
  } catch {
    // the picture's own element says that it could not be loaded
  }
}
