// The live page: asks once a second while somebody can see it, and more seldom while the server does not answer. What it holds is what it shows.

import { Problem, Unauthorized, end, get, post, result, useToken } from "./api.js";
import * as list from "./list.js";
import * as detail from "./job.js";
import { element, printable, say, size, verdict } from "./text.js";

const shown = 50;
const largestResult = 4 * 1024 * 1024;
const paces = [1000, 2000, 5000, 10000];

let failures = 0;
let timer = 0;
let isAsking = false;
let jobs = [];
let chosen = null;

const byId = (id) => document.getElementById(id);

function connection(text, state) {
  say("connection", text);
  byId("connection").dataset.state = state;
}

async function refresh() {
  clearTimeout(timer);
  if (isAsking || document.hidden) {
    return;
  }
  isAsking = true;
  try {
    // A server that hangs is one that does not answer.
    const late = AbortSignal.timeout(10000);
    const [host, listed] = await Promise.all([get("/v1/host", late), get(`/v1/jobs?limit=${shown}`, late)]);
    failures = 0;
    jobs = listed.jobs;
    showHost(host);
    list.show(jobs);
    await showChosen(late);
    byId("token-form").hidden = true;
  } catch (failure) {
    failures++;
    if (failure instanceof Unauthorized) {
      connection("a token is needed", "warn");
      askForToken();
    } else {
      connection(failure instanceof Problem ? `the server answers: ${printable(failure.message)}` : "the server does not answer; trying again", "bad");
    }
  } finally {
    isAsking = false;
    timer = setTimeout(refresh, paces[Math.min(failures, paces.length - 1)]);
  }
}

function askForToken() {
  if (byId("token-form").hidden) {
    byId("token-form").hidden = false;
    byId("token").focus();
  }
}

function showHost(host) {
  const isFull = host.waiting >= host.maxWaiting && host.running >= host.slots;
  connection(host.draining ? "shutting down" : isFull ? "full" : "takes jobs", host.draining || isFull ? "warn" : "good");
  say("version", host.version);
  say("running", String(host.running));
  say("slots", String(host.slots));
  say("waiting", String(host.waiting));
  say("max-waiting", String(host.maxWaiting));
  const promised = Math.max(host.memory.bytes - host.memory.freeBytes, 0);
  say("memory", size(promised));
  say("memory-all", size(host.memory.bytes));
  byId("slots-meter").value = host.running / host.slots;
  byId("waiting-meter").value = host.maxWaiting ? host.waiting / host.maxWaiting : 0;
  byId("memory-meter").value = promised / host.memory.bytes;
  const counts = Object.entries(host.verdicts).sort(([, one], [, other]) => other - one);
  if (counts.length > 0) {
    byId("verdicts").replaceChildren(...counts.map(([word, count]) => {
      const seen = verdict(word);
      const item = element("li", undefined, { "data-tone": seen.tone });
      item.append(element("span", `${seen.sign} ${printable(word)} `), element("strong", String(count)));
      return item;
    }));
  } else {
    byId("verdicts").replaceChildren(element("li", "none yet", { class: "quiet" }));
  }
  say("jobs-note", `newest first, up to ${shown} of each state`);
}

// The list may have gone on without it; what is known of it then is its result.
async function showChosen(signal) {
  if (chosen === null) {
    return;
  }
  const asked = chosen;
  asked.job = jobs.find((job) => job.id === asked.id) ?? asked.job;
  if (!asked.job || asked.isWhole) {
    return;
  }
  const isOver = asked.job.state === "ended";
  const [usage, found] = await Promise.all([get(`/v1/jobs/${encodeURIComponent(asked.id)}/usage`, signal), isOver ? result(asked.id, largestResult, signal) : null]);
  if (chosen !== asked) {
    return;
  }
  if (usage === null) {
    choose(null, "The server does not keep that job any more.");
    return;
  }
  detail.show(asked.job, list.nameOf(asked.job), usage.samples, found);
  asked.isWhole = isOver;
  if (isOver && asked.isTried) {
    asked.isTried = false;
    say("try-status", `It ended: ${asked.job.verdict ?? "not valid"}.`);
  }
}

function choose(id, why) {
  chosen = id === null ? null : { id, job: null, isWhole: false, isTried: false };
  list.choose(id);
  if (id === null) {
    detail.showNone(why);
  }
}

list.pickWith((id) => {
  choose(id);
  refresh();
});

byId("job-end").addEventListener("click", async () => {
  if (chosen) {
    await end(chosen.id).catch(() => {});
    refresh();
  }
});

byId("token-form").addEventListener("submit", (event) => {
  event.preventDefault();
  useToken(byId("token").value);
  byId("token").value = "";
  refresh();
});

byId("source").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    byId("try").requestSubmit();
  }
});

byId("try").addEventListener("submit", async (event) => {
  event.preventDefault();
  byId("problems").replaceChildren();
  byId("run").disabled = true;
  try {
    const id = await post(byId("source").value);
    say("try-status", "It was taken.");
    choose(id);
    chosen.isTried = true;
    refresh();
  } catch (failure) {
    showProblems(failure);
  } finally {
    byId("run").disabled = false;
  }
});

function showProblems(failure) {
  if (failure instanceof Unauthorized) {
    say("try-status", "The server wants a token.");
    askForToken();
    return;
  }
  say("try-status", failure instanceof Problem ? `Not taken: ${printable(failure.message)}.` : "The server does not answer.");
  byId("problems").replaceChildren(...(failure.problems ?? []).slice(0, 50).map((problem) => {
    const item = element("li");
    const place = `${problem.pointer || "/"}${problem.line ? ` line ${problem.line}` : ""}`;
    const go = element("button", printable(place), { type: "button", class: "pick" });
    go.addEventListener("click", () => showLine(problem.line ?? 1));
    item.append(go, element("span", ` ${printable(problem.detail)}${problem.suggestion ? `; did you mean ${printable(problem.suggestion)}?` : ""}`));
    return item;
  }));
}

function showLine(line) {
  const source = byId("source");
  const lines = source.value.split("\n");
  const from = lines.slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0);
  source.focus();
  source.setSelectionRange(from, from + (lines[line - 1] ?? "").length);
}

document.addEventListener("visibilitychange", refresh);
refresh();
