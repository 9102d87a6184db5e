/** Questions to the server. Every failure is a `Refused` with words for people, or an `Unreachable`. */

/** The server said no: `message` is why, `remedy` what to do. */
export class Refused extends Error {
  /** @param {number} status @param {string} error @param {string} remedy */
  constructor(status, error, remedy) {
    super(error);
    this.status = status;
    this.remedy = remedy;
  }
}

/** No answer came at all. */
export class Unreachable extends Error {
  constructor() {
    super("The studio does not answer.");
    this.remedy = "Is the command still running in its terminal?";
  }
}

export const NOTHING_YET = 204; // a status: a run makes the page anew, and it is told of when that is done
export const OTHERS_CAME_FIRST = 409; // a status: what was to be changed is another by now

let chapter = "";

/** Which chapter of the output folder this window asks about, "" for the first one. @param {string} name */
export function useChapter(name) {
  chapter = name;
}

/**
 * @param {string} path
 * @param {Record<string, string|number|undefined>} [query]
 */
export function address(path, query = {}) {
  const all = Object.entries({ ...query, chapter: chapter || undefined });
  const given = all.filter((pair) => pair[1] !== undefined && pair[1] !== "");
  const text = new URLSearchParams(given.map(([key, value]) => [key, String(value)])).toString();
  return text ? `/api/${path}?${text}` : `/api/${path}`;
}

/**
 * @param {string} path
 * @param {{query?: Record<string, string|number|undefined>, method?: string, body?: unknown,
 *   signal?: AbortSignal}} [request]
 * @returns {Promise<Response>}
 */
export function ask(path, { query, method, body, signal } = {}) {
  /** @type {RequestInit} */
  const init = { method: method ?? (body === undefined ? "GET" : "POST"), signal };
  if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers = { "Content-Type": "application/json" };
  }
  return askAt(address(path, query), init);
}

/** The same of an address that the server has told. @param {string} where @param {RequestInit} [init] */
export async function askAt(where, init) {
  let answer;
  try {
    answer = await fetch(where, init);
  } catch (error) {
    if (isAborted(error)) throw error;
    throw new Unreachable();
  }
  if (!answer.ok) throw await refusal(answer);
  return answer;
}

/** @param {Response} answer */
async function refusal(answer) {
  try {
    const told = await answer.json();
    return new Refused(answer.status, String(told.error), String(told.remedy ?? ""));
  } catch {
    return new Refused(answer.status, `The studio answered ${answer.status}.`, "");
  }
}

/**
 * @param {string} path
 * @param {Parameters<typeof ask>[1]} [request]
 * @returns {Promise<any>}  null where there is nothing yet
 */
export async function askJson(path, request) {
  const answer = await ask(path, request);
  return answer.status === NOTHING_YET ? null : answer.json();
}

/** @param {unknown} error */
export const isAborted = (error) => error instanceof DOMException && error.name === "AbortError";

/**
 * @param {"page"|"source"|"thumb"|"balloons"} kind
 * @param {{name: string, stamp: string}} page
 * @param {number} [side]  pixels of the longer side
 */
export const pictureAddress = (kind, page, side) =>
  address(`pictures/${kind}`, { page: page.name, side, stamp: page.stamp });
