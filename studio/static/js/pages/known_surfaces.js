/** The surfaces of the pages in sight, loaded as pages come into sight and palettes change. */

import { store, isEditable, pageNamed } from "../core/state.js";
import { tellFailure } from "../core/say.js";
import { frameOf, framesInSight, repaint, stageElement } from "./stage.js";
import { numberAt, surfacesOf } from "./surfaces.js";

/** @typedef {import("./surfaces.js").PageSurfaces} PageSurfaces */

/** @type {Map<string, PageSurfaces>} */
const known = new Map();

/** What is known of a page, null until it is loaded. @param {string} page */
export const knownSurfaces = (page) => known.get(page) ?? null;

/**
 * The surface at a place, by its number; 0 where there is none, or its page is out of sight.
 * @param {import("../core/types.js").Place} place
 */
export function surfaceAt([page, x, y]) {
  const [some, frame] = [knownSurfaces(page), frameOf(page)];
  return some && frame ? numberAt(some.map, [x, y], frame.size) : 0;
}

export function startSurfaces() {
  store.watch(
    (state) => [
      state.page,
      state.double,
      state.mode,
      isEditable(state),
      state.chapter?.palette?.revision,
      state.chapter?.pages,
      state.connected,
    ],
    () => void load(),
  );
}

async function load() {
  const state = store.get();
  if (!isEditable(state) || state.mode !== "colours") return;
  await Promise.resolve(); // the stage shows the new pages in the same turn
  const names = framesInSight()
    .filter((frame) => frame.page.has_colours)
    .map((frame) => frame.page.name);
  for (const name of known.keys()) if (!names.includes(name)) known.delete(name);
  nameThem();
  await Promise.all(names.map(loadPage));
}

/** On the stage, for who waits for them. */
const nameThem = () => stageElement().setAttribute("data-surfaces", [...known.keys()].join(" "));

/** What colours and groups of a page's surfaces are of. @param {string} name */
const revisionOf = (name) =>
  `${store.get().chapter?.palette?.revision} ${pageNamed(store.get(), name)?.stamp}`;

/** @param {string} name */
async function loadPage(name) {
  const revision = revisionOf(name);
  try {
    const found = await surfacesOf(name, revision);
    if (!found || revisionOf(name) !== revision) return; // they are asked for anew
    if (!framesInSight().some((frame) => frame.page.name === name) || known.get(name) === found) return;
    known.set(name, found);
    nameThem();
    repaint();
  } catch (error) {
    if (revisionOf(name) !== revision) return;
    tellFailure(error, () => void loadPage(name));
  }
}
