/** A colour as people write it: in hex, or by a name of CSS, which the server reads as the command does. */

import { Refused, Unreachable, askJson } from "../core/api.js";
import { readHex } from "../core/colour.js";
import { make } from "../core/dom.js";

/** @typedef {import("../core/types.js").Draft} Draft */

/**
 * @param {(hex: string, given: Draft|null) => void} choose
 * @param {() => Draft|null} whose  what a colour is written for: another by the time that the server has read it
 * @param {HTMLElement} beside  another way to a colour, in the same line
 */
export function makeWritten(choose, whose, beside) {
  const box = make("input.hex", {
    type: "text",
    maxlength: "30",
    spellcheck: "false",
    autocomplete: "off",
    autocapitalize: "off",
    "aria-label": "Colour in hex or by name",
    "aria-describedby": "colour-problem",
  });
  const problem = make("p.problem", { id: "colour-problem", role: "alert" });
  const line = make("label.line", {}, make("span", { text: "Hex, name" }), box);
  const element = make("div", {}, make("div.row.written", {}, line, beside), problem);

  /** @param {string} text  what is wrong; "" where nothing is */
  function complain(text) {
    problem.textContent = text;
    if (text) box.setAttribute("aria-invalid", "true");
    else box.removeAttribute("aria-invalid");
  }

  box.addEventListener("change", async () => {
    const text = box.value;
    const draft = whose();
    const isStill = () => box.value === text; // else something else has been written or chosen since
    try {
      const given = readHex(text) ?? (await askJson("colour", { query: { text } })).colour;
      if (isStill() || whose()?.at !== draft?.at) choose(given, draft);
    } catch (error) {
      if (!(error instanceof Refused || error instanceof Unreachable)) throw error;
      if (isStill()) complain(`${error.message}. ${error.remedy}`);
    }
  });

  /** The colour that is chosen, as hex; what is being written stays. @param {string} hex */
  function show(hex) {
    if (document.activeElement !== box) box.value = hex;
    complain("");
  }

  return { element, show };
}
