// The table of jobs: rows stay the elements they are while their texts change, so that focus stays where it is. There are as many as the server tells, which
// is bounded, and a row goes with its job.

import { cut, duration, element, printable, say, size, verdict } from "./text.js";

const body = document.getElementById("jobs");
const rows = new Map();
let onPick = () => {};
let chosen = null;

export const pickWith = (handler) => { onPick = handler; };

/** What a job is called here. */
export const nameOf = (job) => (job.name ? cut(printable(job.name), 120) : job.id.slice(0, 12));

/** Marks the one that is shown. */
export function choose(id) {
  chosen = id;
  for (const [known, row] of rows) {
    mark(row, known === id);
  }
}

/** Shows these and no others. */
export function show(jobs) {
  const now = new Set(jobs.map((job) => job.id));
  const focused = body.contains(document.activeElement) ? document.activeElement.dataset.id : null;
  for (const [id, row] of rows) {
    if (!now.has(id)) {
      row.remove();
      rows.delete(id);
    }
  }
  jobs.forEach((job, index) => {
    const row = rows.get(job.id) ?? make(job);
    fill(row, job);
    if (body.children[index] !== row) {
      body.insertBefore(row, body.children[index] ?? null);
    }
  });
  if (focused && document.activeElement?.dataset?.id !== focused) {
    // Moving an element takes its focus; a job that is gone gives it to the first.
    (rows.get(focused)?.querySelector("button") ?? body.querySelector("button"))?.focus();
  }
  keepOneTabStop();
  document.getElementById("jobs-empty").hidden = jobs.length > 0;
}

function make(job) {
  const row = element("tr");
  const first = element("td");
  const pick = element("button", nameOf(job), { type: "button", class: "pick", "data-id": job.id, title: job.id });
  pick.addEventListener("click", () => onPick(job.id));
  first.append(pick);
  row.append(first, element("td"), ...[0, 1, 2, 3].map(() => element("td", "", { class: "number" })));
  rows.set(job.id, row);
  mark(row, job.id === chosen);
  return row;
}

function fill(row, job) {
  const cells = row.children;
  const seen = job.verdict ? verdict(job.verdict) : { tone: job.state === "running" ? "" : "quiet", sign: job.state === "running" ? "▸" : "·" };
  say(cells[1], `${seen.sign} ${job.verdict ?? job.state}`);
  cells[1].dataset.tone = seen.tone;
  const [queued, started, ended] = [job.queuedAt, job.startedAt, job.endedAt].map((at) => (at ? Date.parse(at) : null));
  say(cells[2], duration(Math.max(0, (started ?? ended ?? Date.now()) - queued)));
  say(cells[3], started ? duration(Math.max(0, (ended ?? Date.now()) - started)) : "");
  say(cells[4], job.cpuMs === undefined ? "" : duration(job.cpuMs));
  say(cells[5], job.peakBytes === undefined ? "" : size(job.peakBytes));
}

function mark(row, isChosen) {
  row.classList.toggle("chosen", isChosen);
  const pick = row.querySelector("button");
  isChosen ? pick.setAttribute("aria-current", "true") : pick.removeAttribute("aria-current");
}

// A hundred jobs are one stop of the Tab key; arrows move within it.
function keepOneTabStop() {
  const picks = [...body.querySelectorAll("button")];
  const stop = picks.find((pick) => pick === document.activeElement) ?? picks.find((pick) => pick.dataset.id === chosen) ?? picks[0];
  picks.forEach((pick) => { pick.tabIndex = pick === stop ? 0 : -1; });
}

body.addEventListener("keydown", (event) => {
  const picks = [...body.querySelectorAll("button")];
  const at = picks.indexOf(document.activeElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: picks.length - 1 }[event.key];
  if (at >= 0 && to !== undefined && picks[to]) {
    event.preventDefault();
    picks[to].focus();
    keepOneTabStop();
  }
});
