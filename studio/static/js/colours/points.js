/** The points of the open change as a list: where they are, and each can be taken away. */

import { make, refill, signButton } from "../core/dom.js";
import { say } from "../core/say.js";
import { editOf, pageNamed, store } from "../core/state.js";
import { namedPoints } from "../pages/points.js";
import { stageElement } from "../pages/stage.js";
import { commit } from "./commit.js";
import { changeDraft } from "./draft.js";

/** @typedef {import("../core/types.js").Place} Place */

export function makePoints() {
  const title = make("summary");
  const list = make("ul.groups");
  const element = make("details.points", { hidden: true }, title, list);
  store.watch(
    (state) => [state.draft, state.chapter?.palette],
    () => {
      const points = namedPoints(store.get());
      const meant = points.filter((point) => point.isMeant).length;
      element.hidden = points.length < 2; // the one that began it goes with the change
      title.textContent = `Points: ${meant} meant, ${points.length - meant} not`;
      const hadFocus = list.contains(document.activeElement);
      refill(list, ...points.map((point) => row(point, meant)));
      if (hadFocus && element.hidden) stageElement().focus({ preventScroll: true });
    },
  );
  return element;
}

/** @param {import("../pages/points.js").NamedPoint} point @param {number} meant  how many points are */
function row({ place, isMeant }, meant) {
  const page = pageNamed(store.get(), place[0]);
  const name = `${isMeant ? "This, too" : "Not this"}: page ${page?.number ?? place[0]}, ${place[1]}, ${place[2]}`;
  return make(
    "li",
    {},
    make(
      "button.group-pick",
      { onclick: () => page && store.set({ page: page.name, hover: null }), "data-key": `to ${place}` },
      make("span.group-name", { text: name }),
    ),
    signButton("close", `Take away: ${name}`, () => forget(place), {
      "data-key": `forget ${place}`,
      disabled: isMeant && meant === 1,
    }),
  );
}

/** @param {Place} one @param {Place} other */
const isSame = (one, other) => String(one) === String(other);

/** Whether a point can be taken away: something has to be left that is meant. @param {Place} place */
export function isForgettable(place) {
  const points = namedPoints(store.get());
  const own = points.find((point) => isSame(point.place, place));
  return Boolean(own && (!own.isMeant || points.filter((point) => point.isMeant).length > 1));
}

/** From here on a point says nothing any more. What is being saved comes first: it may be with this point. */
export function forget(/** @type {Place} */ place) {
  const whose = store.get().draft?.at;
  commit(() => {
    const { draft } = store.get();
    if (!draft || draft.at !== whose || !isForgettable(place)) return null;
    const edit = editOf(store.get(), draft.edit);
    if ([...(edit?.at ?? []), ...(edit?.not ?? [])].some((one) => isSame(one, place))) {
      return { edit: draft.edit, forget: [place] };
    }
    const without = (/** @type {Place[]} */ places) => places.filter((one) => !isSame(one, place));
    if (isSame(place, draft.at) && !edit) {
      const [at, ...also] = draft.also;
      changeDraft({ at: [...at], page: at[0], also });
    } else changeDraft({ also: without(draft.also), not: without(draft.not) });
    say("The point is taken away.");
    return null;
  });
}
