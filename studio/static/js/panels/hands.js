/** What a pointer takes hold of in the panels' room: corners, edges, middles, whole shapes, lines and boxes. */

import { forHand } from "../core/dom.js";
import { say } from "../core/say.js";
import { frameOf, placeUnder, stageElement } from "../pages/stage.js";
import { KINDS, addShape, cutAlong, joinPanels, select, takeTurn } from "./changes.js";
import { showLine } from "./overlay.js";
import { between, distance, distanceToEdge, holds } from "./shapes.js";
import { onPage, settle, sheet, slide, withShape } from "./sheet.js";

/** @typedef {import("./shapes.js").Point} Point */
/** @typedef {import("./shapes.js").Shape} Shape */
/** @typedef {import("./sheet.js").Kind} Kind */
/** @typedef {import("../pages/gestures.js").Grip} Grip */

const NEAR = 9; // screen pixels within which a mouse takes hold of a corner or an edge
const NEAR_FINGER = 22; // a finger covers more
const CLOSE = 12; // screen pixels from the first corner at which a drawn ring closes
const LEAST = 6; // screen pixels: a line or a box that is shorter was a click

/**
 * A point of the sheet's page under the pointer, beyond its edge too.
 * @param {PointerEvent} event @returns {Point|null}
 */
function pointAt(event) {
  const frame = frameOf(sheet.get().page ?? "");
  if (!frame) return null;
  const corner = stageElement().getBoundingClientRect();
  const across = (event.clientX - corner.left - frame.rect.x) / frame.rect.width;
  return [
    across * frame.size[0],
    ((event.clientY - corner.top - frame.rect.y) / frame.rect.height) * frame.size[1],
  ];
}

/** Source pixels of a screen pixel. */
function pixel() {
  const frame = frameOf(sheet.get().page ?? "");
  return frame ? frame.size[0] / frame.rect.width : 1;
}

/** @param {PointerEvent} event @returns {Grip|null} */
export function grab(event) {
  const point = pointAt(event);
  const { tool } = sheet.get();
  if (!point) return null;
  if (tool === "cut") return lineGrip(point);
  if (tool === "panel" || tool === "leftOut" || tool === "coloured") return boxGrip(point, tool);
  return tool === "move"
    ? moveGrip(point, (event.pointerType === "mouse" ? NEAR : NEAR_FINGER) * pixel())
    : null;
}

/** @param {Point} point @param {number} near @returns {Grip|null} */
function moveGrip(point, near) {
  const { selected, drawing } = sheet.get();
  const order = shapesFrom(selected);
  for (const { kind, index } of order) {
    const shape = drawing[kind][index];
    const corner = shape.findIndex((one) => distance(one, point) <= near);
    if (corner >= 0) return (select(kind, index, corner), dragOf(kind, index, point, [corner]));
    const isSelected = selected?.kind === kind && selected.index === index;
    const middle = isSelected
      ? shape.findIndex((one, at) => distance(between(one, next(shape, at)), point) <= near)
      : -1;
    if (middle >= 0) return insertAt(kind, index, middle, point);
    const edge = shape.findIndex((one, at) => distanceToEdge(point, one, next(shape, at)) <= near * 0.7);
    if (edge >= 0)
      return (select(kind, index), dragOf(kind, index, point, [edge, (edge + 1) % shape.length]));
    if (isSelected && holds(shape, point)) return dragOf(kind, index, point, [...shape.keys()]);
  }
  return null;
}

const next = (/** @type {Shape} */ shape, /** @type {number} */ at) => shape[(at + 1) % shape.length];

/** All shapes, the selected one first. @param {import("./sheet.js").Selected|null} selected */
function shapesFrom(selected) {
  const { drawing } = sheet.get();
  const all = KINDS.flatMap((kind) => drawing[kind].map((_, index) => ({ kind, index })));
  const rank = (/** @type {{kind: Kind, index: number}} */ one) =>
    Number(one.kind === selected?.kind && one.index === selected.index);
  return all.sort((one, other) => rank(other) - rank(one));
}

/** @param {Kind} kind @param {number} index @param {number} edge @param {Point} point */
function insertAt(kind, index, edge, point) {
  const before = sheet.get().drawing;
  const shape = before[kind][index];
  slide(withShape(kind, index, shape.toSpliced(edge + 1, 0, between(shape[edge], next(shape, edge)))));
  select(kind, index, edge + 1);
  return dragOf(kind, index, point, [edge + 1], before);
}

/**
 * Move corners of a shape with the pointer. An edge that lies level or upright stays so: it moves across itself.
 * @param {Kind} kind @param {number} index @param {Point} from @param {number[]} corners
 * @param {import("./sheet.js").Drawing} [before]
 * @returns {Grip}
 */
function dragOf(kind, index, from, corners, before = sheet.get().drawing) {
  const shape = sheet.get().drawing[kind][index];
  const [a, b] = [shape[corners[0]], shape[corners[1] ?? corners[0]]];
  const isEdge = corners.length === 2;
  const level = isEdge && Math.abs(a[1] - b[1]) * 8 < Math.abs(a[0] - b[0]);
  const upright = isEdge && Math.abs(a[0] - b[0]) * 8 < Math.abs(a[1] - b[1]);
  let moved = false;
  return {
    drag(event) {
      const to = pointAt(event);
      if (!to) return;
      const by = [upright || !level ? to[0] - from[0] : 0, level || !upright ? to[1] - from[1] : 0];
      if (!moved && Math.hypot(by[0], by[1]) < 3 * pixel()) return;
      moved = true;
      slide(
        withShape(
          kind,
          index,
          shape.map((point, at) =>
            corners.includes(at) ? onPage([point[0] + by[0], point[1] + by[1]]) : point,
          ),
        ),
      );
    },
    drop: (event) => (moved ? settle(before) : (slide(before), clickAt(event))),
    cancel: () => slide(before),
  };
}

/** @param {Point} from @returns {Grip} */
function lineGrip(from) {
  let to = from;
  return {
    drag(event) {
      to = pointAt(event) ?? to;
      showLine([from, to]);
    },
    drop() {
      showLine(null);
      if (distance(from, to) < LEAST * pixel()) say("Draw a line right across a panel to cut it.");
      else cutAlong(from, to);
    },
    cancel: () => showLine(null),
  };
}

/**
 * A box by dragging, a ring by clicking.
 * @param {Point} from @param {"panel"|"leftOut"|"coloured"} tool @returns {Grip}
 */
function boxGrip(from, tool) {
  const kind = tool === "panel" ? "panels" : tool;
  const before = sheet.get().sketch;
  let to = from;
  const box = () => /** @type {Shape} */ ([from, [to[0], from[1]], to, [from[0], to[1]]]);
  return {
    drag(event) {
      to = pointAt(event) ?? to;
      if (!before.length) sheet.set({ sketch: [...box(), from] });
    },
    drop() {
      const isBox =
        !before.length && Math.min(Math.abs(to[0] - from[0]), Math.abs(to[1] - from[1])) >= LEAST * pixel();
      if (isBox) return addShape(kind, box());
      const closes = before.length >= 3 && distance(before[0], from) <= CLOSE * pixel();
      if (closes) return addShape(kind, before);
      sheet.set({ sketch: [...before, onPage(from)] });
      say(forHand("Corner by corner; Enter, or a click at the first one, closes the ring."));
    },
    cancel: () => sheet.set({ sketch: before }),
  };
}

/** Close the ring that is being drawn. */
export function closeSketch() {
  const { sketch, tool } = sheet.get();
  if (sketch.length >= 3) addShape(tool === "leftOut" || tool === "coloured" ? tool : "panels", sketch);
}

/** @param {PointerEvent} event */
export function clickAt(event) {
  const under = placeUnder(event);
  const { tool, drawing, selected, page } = sheet.get();
  if (!under || under.frame.page.name !== page) return;
  const at = under.at;
  const panel = drawing.panels.findLastIndex((shape) => holds(shape, at));
  if (tool === "order") return panel >= 0 ? takeTurn(drawing.panels[panel]) : undefined;
  if (tool === "join") {
    if (panel < 0) return say(forHand("Click the two panels that are one."));
    if (selected?.kind !== "panels" || selected.index === panel) return select("panels", panel);
    return joinPanels(selected.index, panel);
  }
  for (const kind of KINDS) {
    const index = drawing[kind].findLastIndex((shape) => holds(shape, at));
    if (index >= 0) return select(kind, index);
  }
  sheet.set({ selected: null });
}
