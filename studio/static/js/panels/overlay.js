/** Panels, regions and their handles, drawn over the page. */

import { find } from "../core/dom.js";
import { store } from "../core/state.js";
import { frameOf, paintWithStage, repaint } from "../pages/stage.js";
import { between, boundsOf, isTangled } from "./shapes.js";
import { sheet } from "./sheet.js";

/** @typedef {import("./shapes.js").Point} Point */
/** @typedef {import("./shapes.js").Shape} Shape */
/** @typedef {import("./sheet.js").Kind} Kind */

const SPACE = "http://www.w3.org/2000/svg";
const CORNER = 5; // screen pixels, half a handle
const LABEL = 13; // radius of a number
const INSIDE = 20; // how far it stands from its corner

/** @type {[Point, Point]|null} */
let line = null;

export function startOverlay() {
  const svg = /** @type {SVGSVGElement} */ (/** @type {unknown} */ (find("shapes")));
  const paint = () => draw(svg);
  paintWithStage(paint);
  sheet.watch(
    (state) => [state.drawing, state.selected, state.tool, state.sketch, state.turns],
    () => repaint(),
  );
  store.watch(
    (state) => [state.mode, state.page],
    () => repaint(),
  );
}

/** The line that is being drawn, in source pixels. @param {[Point, Point]|null} given */
export function showLine(given) {
  line = given;
  repaint();
}

/** @param {SVGSVGElement} svg */
function draw(svg) {
  const { drawing, page, selected, sketch, turns, tool } = sheet.get();
  const frame = page === null ? null : frameOf(page);
  const isOn = store.get().mode === "panels" && frame !== null;
  svg.toggleAttribute("hidden", !isOn);
  if (!isOn) return svg.replaceChildren();
  const put = (/** @type {Point} */ point) => frame.toStage(point[0], point[1]);
  /** @type {Element[]} */
  const parts = [];
  for (const kind of /** @type {Kind[]} */ (["panels", "coloured", "leftOut"])) {
    drawing[kind].forEach((shape, index) => {
      const isSelected = selected?.kind === kind && selected.index === index;
      const classes = [`shape ${kind}`, isSelected && "selected", isTangled(shape) && "tangled"];
      parts.push(element("polygon", { class: "casing", points: shape.map(put).join(" ") }));
      parts.push(
        element("polygon", {
          class: classes.filter(Boolean).join(" "),
          points: shape.map(put).join(" "),
          "data-kind": kind,
          "data-index": String(index),
        }),
      );
    });
  }
  drawing.panels.forEach((shape, index) =>
    parts.push(...number(labelPlace(shape, put), index + 1, tool === "order" && !turns.includes(shape))),
  );
  if (selected) parts.push(...handles(drawing[selected.kind][selected.index] ?? [], put, selected.corner));
  if (sketch.length)
    parts.push(
      element("polyline", { class: "sketch", points: sketch.map(put).join(" ") }),
      ...sketch.map((point) => dot(put(point), "corner")),
    );
  if (line)
    parts.push(
      element("line", {
        class: "sketch",
        x1: String(put(line[0])[0]),
        y1: String(put(line[0])[1]),
        x2: String(put(line[1])[0]),
        y2: String(put(line[1])[1]),
      }),
    );
  svg.replaceChildren(...parts);
}

/**
 * The corner in which reading begins, a little inside: the middle is where the faces are.
 * @param {Shape} shape @param {(point: Point) => Point} put @returns {Point} on the stage
 */
function labelPlace(shape, put) {
  const [left, top, right] = boundsOf(shape);
  const isLtr = store.get().chapter?.direction === "ltr";
  const start = put(shape.reduce((best, point) => (farFrom(point) < farFrom(best) ? point : best)));
  return [start[0] + (isLtr ? INSIDE : -INSIDE), start[1] + INSIDE];

  function farFrom(/** @type {Point} */ [x, y]) {
    return Math.hypot(x - (isLtr ? left : right), y - top);
  }
}

/** @param {Point} at @param {number} value @param {boolean} waits */
function number([x, y], value, waits) {
  const text = element("text", { class: "number", x: String(x), y: String(y) });
  text.textContent = String(value);
  return [
    element("circle", {
      class: waits ? "number-back waits" : "number-back",
      cx: String(x),
      cy: String(y),
      r: String(LABEL),
    }),
    text,
  ];
}

/** @param {Shape} shape @param {(point: Point) => Point} put @param {number|null} corner */
function handles(shape, put, corner) {
  return [
    ...shape.map((point, at) => dot(put(between(point, shape[(at + 1) % shape.length])), "middle")),
    ...shape.map((point, at) => dot(put(point), at === corner ? "corner chosen" : "corner")),
  ];
}

/** @param {Point} at @param {string} classes */
function dot([x, y], classes) {
  const half = classes === "middle" ? CORNER - 1.5 : CORNER;
  return element("rect", {
    class: classes,
    x: String(x - half),
    y: String(y - half),
    width: String(2 * half),
    height: String(2 * half),
    rx: classes === "middle" ? String(half) : "1",
  });
}

/** @param {string} name @param {Record<string, string>} given */
function element(name, given) {
  const made = document.createElementNS(SPACE, name);
  for (const [key, value] of Object.entries(given)) made.setAttribute(key, value);
  return made;
}
