// Everything that is shown goes through textContent: whatever a submission is called or has written, it is text.

const at = (id) => document.getElementById(id);

let problems = [];
let problem;
let chosen;

async function ask(path, options) {
  const answer = await fetch(path, options);
  const body = answer.headers.get("content-type")?.includes("json") ? await answer.json() : {};
  return { answer, body };
}

function element(name, text, attributes = {}) {
  const made = document.createElement(name);
  made.textContent = text;
  for (const [attribute, value] of Object.entries(attributes)) {
    made.setAttribute(attribute, value);
  }
  return made;
}

function around(outer, ...inner) {
  const made = document.createElement(outer);
  made.append(...inner);
  return made;
}

const row = (...cells) => around("tr", ...cells);
const cell = (text, attributes) => element("td", text, attributes);
const number = (text) => cell(text, { class: "number" });
// A name that is written from right to left stays by itself.
const name = (text) => around("td", element("bdi", text));
const outcome = (word) => cell(word.replaceAll("-", " "), { "data-outcome": word });
const points = (value) => (Number.isInteger(value) ? String(value) : value.toFixed(2));

function showProblem(wanted) {
  problem = wanted;
  at("problems").replaceChildren(...problems.map((one) => {
    const button = element("button", one.title, { type: "button", "aria-pressed": one === problem });
    button.onclick = () => {
      showProblem(one);
      at("problems").querySelector("[aria-pressed=true]").focus();
    };
    return button;
  }));
  at("problem-title").textContent = problem.title;
  at("problem-facts").textContent = [`${problem.time} for each test`, problem.memory, ...(problem.interactive ? ["interactive"] : []),
    ...problem.subtasks.filter((one) => one.points).map((one) => `${one.name}: ${points(one.points)} points`)].join(" · ");
  at("statement").textContent = problem.statement;
}

async function showScoreboard() {
  const { body } = await ask("api/scoreboard");
  at("columns").replaceChildren(element("th", "Name"), ...problems.map((one) => element("th", one.title, { class: "number" })), element("th", "Points", { class: "number" }));
  at("scoreboard").replaceChildren(...body.map((line) => row(name(line.author), ...problems.map((one) => number(one.id in line.problems ? points(line.problems[one.id]) : "–")), number(points(line.points)))));
}

// A table is made anew only when something changed: the focus, and whatever is marked, stay where they are.
let shown;
async function showSubmissions() {
  const { body } = await ask("api/submissions");
  const now = JSON.stringify(body);
  if (now === shown) {
    return;
  }
  shown = now;
  const focused = document.activeElement?.dataset.id;
  at("submissions").replaceChildren(...body.map((one) => {
    const button = element("button", String(one.id), { type: "button", "data-id": one.id, "aria-label": `Submission ${one.id}` });
    button.onclick = () => choose(one.id, true);
    return row(around("td", button), name(one.author), cell(one.problem), cell(one.language), outcome(one.report?.outcome ?? one.state), number(one.report ? points(one.report.points) : ""));
  }));
  at("submissions").querySelector(`[data-id="${focused}"]`)?.focus();
  await showScoreboard();
  if (chosen) {
    await choose(chosen, false);
  }
}

async function choose(id, focus) {
  const { answer, body } = await ask(`api/submissions/${id}`);
  if (!answer.ok) {
    return;
  }
  chosen = body.report ? null : id;
  at("chosen").hidden = false;
  at("chosen-title").textContent = `Submission ${id}: ${(body.report?.outcome ?? body.state).replaceAll("-", " ")}` + (body.report ? `, ${points(body.report.points)} of ${points(body.report.maxPoints)} points` : "");
  at("log").textContent = body.report?.log ?? "";
  at("tests").replaceChildren(...(body.report?.subtasks ?? []).flatMap((subtask) => subtask.tests.map((test, index) => row(
    cell(index ? "" : `${subtask.name}: ${points(subtask.points)} of ${points(subtask.maxPoints)}`), cell(test.test), outcome(test.outcome),
    number(test.outcome === "skipped" ? "" : `${test.cpuMs.toFixed(0)} ms`), number(test.outcome === "skipped" ? "" : `${(test.peakBytes / 2 ** 20).toFixed(1)} MiB`), cell(test.message)))));
  if (focus) {
    at("chosen").focus();
  }
}

at("form").onsubmit = async (event) => {
  event.preventDefault();
  const request = { author: at("author").value, problem: problem.id, language: at("language").value, source: at("source").value };
  const { answer, body } = await ask("api/submissions", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(request) });
  at("answer").textContent = answer.ok ? `Submission ${body.id}` : Object.entries(body.errors ?? {}).map(([member, why]) => `${member} ${why}`).join(", ") || body.detail || `Refused: ${answer.status}`;
  if (answer.ok) {
    await choose(body.id, false);
    await showSubmissions();
  }
};

async function begin() {
  problems = (await ask("api/problems")).body;
  at("language").replaceChildren(...(await ask("api/languages")).body.map((one) => element("option", one.name, { value: one.id })));
  showProblem(problems[0]);
  await showScoreboard();
}

async function watch() {
  try {
    if (!problem) {
      await begin();
    }
    await showSubmissions();
    at("connection").textContent = "";
  } catch {
    at("connection").textContent = "The judge does not answer; trying again.";
  }
  setTimeout(watch, 1000);
}

watch();
