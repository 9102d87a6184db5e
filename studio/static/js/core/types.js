/**
 * Shapes of what the server answers, and of what the studio keeps. Types only: nothing runs here.
 *
 * @typedef {[number, number]} Point  pixels of the source page, x and y
 * @typedef {[string, number, number]} Place  a page's name and a point of it
 * @typedef {{name: string, number: number, state: "coloured"|"copied"|"failed"|"waiting"|"working",
 *   has_colours: boolean,
 *   note: string, remedy: string, size: [number, number]|null, stamp: string, file_stamp: string, stale: boolean,
 *   panels: number, spread: string|null}} Page
 * @typedef {{state: "idle"|"running"|"stopping"|"failed", why: string, done: number, of: number,
 *   seconds_left: number|null, page: string|null, error: string, remedy: string, failed: number,
 *   waits: boolean}} Run
 * @typedef {{id: number, name: string, colour: string, found: string, area: number,
 *   pages: Record<string, number>, locked: boolean, edited: boolean}} Group
 * @typedef {{id: string, name: string, colour: string, reach: Reach, likeness: number, level: string,
 *   group: number|null, locked: boolean, old: boolean, at: Place[], not: Place[], outline: Point[],
 *   surfaces: number, area: number, pages: Record<string, number>}} Edit  `old`: it can be renewed
 * @typedef {{id: number, words: string, colour: string|null}} Change
 * @typedef {{revision: string, groups: Group[], edits: Edit[], log: Change[], undone: Change[],
 *   recent: string[]}} Palette
 * @typedef {{saturation: number, warmth: number}} Look
 * @typedef {{out: string, chapter: string, chapters: string[], direction: "rtl"|"ltr",
 *   editable: boolean, why_not: string, can_run: boolean, why_not_run: string, pages: Page[], run: Run,
 *   palette: Palette|null, look: Look, presets: Record<string, string[]>, stages: string[]}} Chapter
 * @typedef {"segment"|"panel"|"page"|"alike"|"group"|"outline"} Reach
 * @typedef {{group: number|null, coarse: number, colour: string, edit: string|null}} Surface
 * @typedef {Record<string, unknown>} Wishes  the options of `mangacolor palette` as JSON
 * @typedef {{pages: Record<string, number>, area: number, surfaces: Record<string, number[]>,
 *   likeness: [number, number, number][], unopposed: [number, number]|null}} Cover  by page: how many surfaces,
 *   and their numbers; `unopposed`: surfaces and pages if nothing were named that is not meant
 *
 * What a click has begun: what it means, and in which colour. `outline`: what a line has begun, its corners;
 * `redrawn`: they are not saved yet.
 * @typedef {{page: string, number: number, at: Place, also: Place[], not: Place[], outline: Point[]|null,
 *   redrawn: boolean, colour: string,
 *   reach: Reach, likeness: number, level: "fine"|"coarse", edit: string|null, under: string|null,
 *   group: number|null, touched: boolean}} Draft
 *
 * @typedef {{text: string, kind: "info"|"warning"|"error"|"done", remedy?: string,
 *   action?: {label: string, run: () => void}|null,
 *   closed?: () => void}} Notice  with `closed`, which is called when people close it, it stays until then
 *
 * @typedef {{chapter: Chapter|null, trouble: Notice|null, page: string|null, mode: "colours"|"panels",
 *   tab: "colour"|"groups"|"history", double: boolean, fit: "page"|"width"|"free", zoom: number,
 *   compare: number|null, against: "scan"|"changes", flipped: string|null, hover: {page: string, number: number}|null,
 *   shown: number|null, draft: Draft|null, split: {group: number, stays: Place|null}|null, cover: Cover|null,
 *   stroke: {page: string, numbers: number[]}|null,
 *   outlining: {edit: string|null}|null, lasso: {page: string, line: Point[]}|null,
 *   aim: "new"|"also"|"not", dropping: boolean, crosshair: boolean, status: string, connected: boolean, saving: boolean, theme: "auto"|"light"|"dark"}} State
 *   `against`: what is left of the line of `compare`; `flipped`: what is seen in the pages' place: the scan, or them
 *   without all "changes" or one edit, by its id
 */
export {};
