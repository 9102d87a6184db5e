/** Polygons: sums on corners only. A shape is a ring of at least three points, in either direction of turn. */

/** @typedef {[number, number]} Point */
/** @typedef {Point[]} Shape */

const STRAIGHT = 0.5; // source pixels: a corner nearer to the line of its neighbours is none

/** Twice the signed area. @param {Shape} shape */
export function turn(shape) {
  return shape.reduce((sum, [x, y], at) => {
    const [nextX, nextY] = shape[(at + 1) % shape.length];
    return sum + x * nextY - nextX * y;
  }, 0);
}

/** @param {Shape} shape */
export const areaOf = (shape) => Math.abs(turn(shape)) / 2;

/** @param {Shape} shape @returns {[number, number, number, number]} left, top, right, bottom */
export function boundsOf(shape) {
  const [xs, ys] = [shape.map((point) => point[0]), shape.map((point) => point[1])];
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}

/** @param {Shape} shape @param {Point} point */
export function holds(shape, [x, y]) {
  let inside = false;
  for (let at = 0; at < shape.length; at += 1) {
    const [x1, y1] = shape[at];
    const [x2, y2] = shape[(at + 1) % shape.length];
    if (y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) inside = !inside;
  }
  return inside;
}

/** @param {Point} a @param {Point} b */
export const distance = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]);

/** How far a point is from a line between two others. @param {Point} point @param {Point} a @param {Point} b */
export function distanceToEdge(point, a, b) {
  const length = distance(a, b) ** 2;
  const along = length && ((point[0] - a[0]) * (b[0] - a[0]) + (point[1] - a[1]) * (b[1] - a[1])) / length;
  const share = Math.min(1, Math.max(0, along));
  return distance(point, [a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])]);
}

/** @param {Point} a @param {Point} b @returns {Point} */
export const between = (a, b) => [Math.round((a[0] + b[0]) / 2), Math.round((a[1] + b[1]) / 2)];

/** @param {Point} a @param {Point} b @param {Point} c */
const side = (a, b, c) => (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);

/** Whether two edges cross inside of both. @param {Point} a @param {Point} b @param {Point} c @param {Point} d */
function cross(a, b, c, d) {
  return side(a, b, c) * side(a, b, d) < 0 && side(c, d, a) * side(c, d, b) < 0;
}

/** Whether the ring crosses itself: such a thing is no panel. @param {Shape} shape */
export function isTangled(shape) {
  const count = shape.length;
  for (let one = 0; one < count; one += 1) {
    for (let other = one + 2; other < count; other += 1) {
      if (one === 0 && other === count - 1) continue;
      if (cross(shape[one], shape[(one + 1) % count], shape[other], shape[(other + 1) % count])) return true;
    }
  }
  return false;
}

/** Without corners that are none. @param {Shape} shape @returns {Shape} */
export function simplify(shape) {
  let points = shape.filter((point, at) => distance(point, shape[(at + 1) % shape.length]) >= 1);
  for (let at = 0; at < points.length && points.length > 3;) {
    const before = points[(at + points.length - 1) % points.length];
    if (distanceToEdge(points[at], before, points[(at + 1) % points.length]) < STRAIGHT)
      points = points.toSpliced(at, 1);
    else at += 1;
  }
  return points;
}

/**
 * Cut along the line through two points; of a shape that the line crosses several times, at the piece between
 * the points. Null if it does not cross.
 * @param {Shape} shape @param {Point} from @param {Point} to
 * @returns {[Shape, Shape]|null}
 */
export function cut(shape, from, to) {
  const length = distance(from, to);
  if (length === 0) return null;
  const along = (/** @type {Point} */ point) =>
    ((point[0] - from[0]) * (to[0] - from[0]) + (point[1] - from[1]) * (to[1] - from[1])) / length;
  /** @type {{at: number, point: Point, along: number}[]} */
  const hits = [];
  shape.forEach((a, at) => {
    const b = shape[(at + 1) % shape.length];
    const [left, right] = [side(from, to, a), side(from, to, b)];
    if (left === right || left > 0 === right > 0) return;
    const share = left / (left - right);
    /** @type {Point} */
    const point = [Math.round(a[0] + share * (b[0] - a[0])), Math.round(a[1] + share * (b[1] - a[1]))];
    hits.push({ at, point, along: along(point) });
  });
  hits.sort((one, other) => one.along - other.along);
  const middle = length / 2;
  for (let pair = 0; pair + 1 < hits.length; pair += 2) {
    if (hits.length > 2 && (hits[pair].along > middle || hits[pair + 1].along < middle)) continue;
    const [first, second] = [hits[pair], hits[pair + 1]].sort((one, other) => one.at - other.at);
    const one = simplify([first.point, ...shape.slice(first.at + 1, second.at + 1), second.point]);
    const other = simplify([
      second.point,
      ...shape.slice(second.at + 1),
      ...shape.slice(0, first.at + 1),
      first.point,
    ]);
    return one.length >= 3 && other.length >= 3 ? [one, other] : null;
  }
  return null;
}

/** In two halves, across or down. @param {Shape} shape @param {"across"|"down"} how */
export function halve(shape, how) {
  const [left, top, right, bottom] = boundsOf(shape);
  /** @type {[Point, Point]} */
  const line =
    how === "across"
      ? [
          [left - 1, (top + bottom) / 2],
          [right + 1, (top + bottom) / 2],
        ]
      : [
          [(left + right) / 2, top - 1],
          [(left + right) / 2, bottom + 1],
        ];
  return cut(shape, line[0], line[1]);
}

/**
 * Two shapes as one: joined by the edges that face each other, or, where that would tangle them (they overlap),
 * all that lies between them (their convex hull).
 * @param {Shape} one @param {Shape} other
 * @returns {Shape}
 */
export function join(one, other) {
  const a = turn(one) > 0 ? one : [...one].reverse();
  const b = turn(other) > 0 ? other : [...other].reverse();
  let best = { gap: Infinity, i: 0, j: 0 };
  a.forEach((_, i) =>
    b.forEach((__, j) => {
      const gap = gapOf(a[i], a[(i + 1) % a.length], b[j], b[(j + 1) % b.length]);
      if (gap < best.gap) best = { gap, i, j };
    }),
  );
  const ring = simplify([
    ...a.slice(best.i + 1),
    ...a.slice(0, best.i + 1),
    ...b.slice(best.j + 1),
    ...b.slice(0, best.j + 1),
  ]);
  const isWhole =
    best.gap < Infinity && !isTangled(ring) && areaOf(ring) >= 0.98 * (areaOf(one) + areaOf(other));
  return isWhole ? ring : hull([...one, ...other]);
}

/** How far apart two edges are that face each other; infinite for others. */
function gapOf(
  /** @type {Point} */ a1,
  /** @type {Point} */ a2,
  /** @type {Point} */ b1,
  /** @type {Point} */ b2,
) {
  const [ax, ay, bx, by] = [a2[0] - a1[0], a2[1] - a1[1], b2[0] - b1[0], b2[1] - b1[1]];
  const turned = (ax * bx + ay * by) / (Math.hypot(ax, ay) * Math.hypot(bx, by));
  if (!(turned < -0.7)) return Infinity; // cosine: within 45 degrees of the other way round
  const overlap =
    Math.min(share(b1, a1, a2), share(b2, a1, a2), 1) < 1 &&
    Math.max(share(b1, a1, a2), share(b2, a1, a2)) > 0;
  if (!overlap) return Infinity;
  const middle = (/** @type {Point} */ p, /** @type {Point} */ q) =>
    /** @type {Point} */ ([(p[0] + q[0]) / 2, (p[1] + q[1]) / 2]);
  return Math.min(distanceToEdge(middle(a1, a2), b1, b2), distanceToEdge(middle(b1, b2), a1, a2));
}

/** How far along an edge a point stands. */
const share = (/** @type {Point} */ p, /** @type {Point} */ a, /** @type {Point} */ b) =>
  ((p[0] - a[0]) * (b[0] - a[0]) + (p[1] - a[1]) * (b[1] - a[1])) / distance(a, b) ** 2;

/** Convex hull, by Andrew's monotone chain (1979). @param {Point[]} points @returns {Shape} */
export function hull(points) {
  const sorted = [...points].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const half = (/** @type {Point[]} */ row) => {
    /** @type {Point[]} */
    const chain = [];
    for (const point of row) {
      while (chain.length >= 2 && side(chain[chain.length - 2], chain[chain.length - 1], point) <= 0)
        chain.pop();
      chain.push(point);
    }
    return chain.slice(0, -1);
  };
  return [...half(sorted), ...half([...sorted].reverse())];
}
