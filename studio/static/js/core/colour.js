/**
 * Colours: hex, and OKLCH in which a person turns hue, strength and lightness one at a time.
 * OKLab is Björn Ottosson's (2020), https://bottosson.github.io/posts/oklab/.
 *
 * @typedef {{lightness: number, chroma: number, hue: number}} Lch  0 to 1; 0 to about .37; degrees
 */

const MOST_CHROMA = 0.4; // more than sRGB has at any hue

/** @param {number} value 0 to 1 in linear light */
const encode = (value) => (value <= 0.0031308 ? 12.92 * value : 1.055 * value ** (1 / 2.4) - 0.055);

/** @param {number} value 0 to 1 in sRGB */
const decode = (value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);

/**
 * @param {number} lightness @param {number} a @param {number} b
 * @returns {[number, number, number]} linear light; outside 0 to 1 where sRGB has no such colour
 */
function toLinear(lightness, a, b) {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
}

/** @param {Lch} colour @returns {[number, number, number]} 0 to 255, clipped */
export function toRgb({ lightness, chroma, hue }) {
  const angle = (hue * Math.PI) / 180;
  const linear = toLinear(lightness, chroma * Math.cos(angle), chroma * Math.sin(angle));
  const level = (/** @type {number} */ value) => Math.round(255 * encode(Math.min(1, Math.max(0, value))));
  return [level(linear[0]), level(linear[1]), level(linear[2])];
}

/** The most chroma that sRGB has at a lightness and a hue. @param {number} lightness @param {number} hue */
export function mostChroma(lightness, hue) {
  const angle = (hue * Math.PI) / 180;
  let [low, high] = [0, MOST_CHROMA];
  for (let step = 0; step < 12; step += 1) {
    const middle = (low + high) / 2;
    const linear = toLinear(lightness, middle * Math.cos(angle), middle * Math.sin(angle));
    if (linear.every((value) => value >= -1e-4 && value <= 1.0001)) low = middle;
    else high = middle;
  }
  return low;
}

/** @param {string} hex @returns {Lch} */
export function fromHex(hex) {
  const [red, green, blue] = channels(hex).map((value) => decode(value / 255));
  const l = Math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue);
  const m = Math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue);
  const s = Math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue);
  const lightness = 0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s;
  const a = 1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s;
  const b = 0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s;
  return { lightness, chroma: Math.hypot(a, b), hue: ((Math.atan2(b, a) * 180) / Math.PI + 360) % 360 };
}

/** @param {Lch} colour */
export const toHex = (colour) => hexOf(toRgb(colour));

/** @param {ArrayLike<number>} rgb 0 to 255 */
export const hexOf = (rgb) =>
  `#${[0, 1, 2].map((index) => Math.round(rgb[index]).toString(16).padStart(2, "0")).join("")}`;

/** @param {string} hex `#rrggbb` @returns {number[]} */
const channels = (hex) => [1, 3, 5].map((start) => parseInt(hex.slice(start, start + 2), 16));

/** `#abc`, `abc` and `#AABBCC` as `#aabbcc`; null for what is no colour. @param {string} text */
export function readHex(text) {
  const bare = text.trim().replace(/^#/, "").toLowerCase();
  if (/^[0-9a-f]{6}$/.test(bare)) return `#${bare}`;
  return /^[0-9a-f]{3}$/.test(bare) ? `#${[...bare].map((digit) => digit + digit).join("")}` : null;
}
