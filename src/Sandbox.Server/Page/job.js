// One job: verdict, figures, phases, memory and processors over time, output. Only the chosen one's are held.

import { cut, duration, element, printable, printableLines, say, size, verdict } from "./text.js";

const svg = "http://www.w3.org/2000/svg";
const outputShown = 64 * 1024;

function shape(name, attributes) {
  const made = document.createElementNS(svg, name);
  for (const [attribute, value] of Object.entries(attributes)) {
    made.setAttribute(attribute, value);
  }
  return made;
}

/** Nothing is chosen. */
export function showNone(text) {
  document.getElementById("job").hidden = true;
  document.getElementById("job-empty").hidden = false;
  document.getElementById("job-end").hidden = true;
  say("job-title", "No job chosen");
  say("job-empty", text);
}

/** Shows one, as far as it has come. */
export function show(job, name, samples, result) {
  document.getElementById("job").hidden = false;
  document.getElementById("job-empty").hidden = true;
  document.getElementById("job-end").hidden = job.state === "ended";
  say("job-title", name);
  showVerdict(job, result);
  showFacts(job, result);
  showPhases(job, result);
  showChart(job, samples, result);
  showOutput("stdout", result);
  showOutput("stderr", result);
}

function showVerdict(job, result) {
  const line = document.getElementById("job-verdict");
  const seen = job.verdict ? verdict(job.verdict) : { tone: "", sign: job.state === "running" ? "▸" : "·" };
  say(line, `${seen.sign} ${job.verdict ?? job.state}${result?.message ? ": " + cut(printable(result.message), 400) : ""}`);
  line.dataset.tone = seen.tone;
}

function showFacts(job, result) {
  const facts = [["Id", job.id], ["Came by", job.source === "exec" ? "sandbox exec" : "HTTP"], ["Taken", new Date(job.queuedAt).toLocaleTimeString()]];
  if (job.startedAt) {
    facts.push(["Waited", duration(Math.max(0, Date.parse(job.startedAt) - Date.parse(job.queuedAt)))]);
  }
  if (result?.time) {
    facts.push(["Wall time", duration(result.time.wallMs)], ["CPU time", duration(result.time.cpuMs)]);
  }
  if (result?.memory) {
    facts.push(["Peak memory", size(result.memory.peakBytes)]);
  }
  if (result?.processes?.peak !== undefined && result.processes.peak !== null) {
    facts.push(["Most tasks", String(result.processes.peak)]);
  }
  if (result?.limitsHit?.length) {
    facts.push(["Limits hit", result.limitsHit.map(printable).join(", ")]);
  }
  document.getElementById("job-facts").replaceChildren(...facts.map(([term, text]) => {
    const pair = element("div");
    pair.append(element("dt", term), element("dd", text));
    return pair;
  }));
}

function showPhases(job, result) {
  const list = document.getElementById("phases");
  const phases = Array.isArray(result?.phases) ? result.phases.slice(0, 40) : [];
  const note = document.getElementById("phases-note");
  if (phases.length === 0) {
    note.hidden = true;
    const why = job.state !== "ended" ? "They come with the result." : result?.processes || result?.steps ? "Each of its sandboxes has its own, in the result." : "None are known.";
    list.replaceChildren(element("li", why, { class: "quiet" }));
    return;
  }
  const { isShortened, place } = axis(phases);
  note.hidden = !isShortened;
  list.replaceChildren(...phases.map((phase) => {
    const item = element("li", undefined, { "data-phase": phase.name });
    const bar = shape("svg", { viewBox: "0 0 1000 10", preserveAspectRatio: "none", "aria-hidden": "true" });
    bar.append(shape("rect", { x: place(phase.startUs), y: 0, width: Math.max(place(phase.startUs + phase.us) - place(phase.startUs), 4), height: 10 }));
    item.append(element("span", printable(phase.name)), bar, element("span", duration(phase.us / 1000), { class: "number quiet" }));
    return item;
  }));
}

// What came before the run and after it takes a thousandth of most jobs' time, and is what the phases are looked at for.
function axis(phases) {
  const width = 996;
  const all = Math.max(...phases.map((phase) => phase.startUs + phase.us), 1);
  const run = phases.find((phase) => phase.name === "run");
  const rest = run ? all - run.us : all;
  if (!run || run.us <= rest || rest <= 0) {
    return { isShortened: false, place: (us) => (us / all) * width };
  }
  const [scale, third] = [(width * 2) / 3 / rest, width / 3];
  return {
    isShortened: true,
    place: (us) => Math.min(us, run.startUs) * scale + Math.min(Math.max(us - run.startUs, 0) / run.us, 1) * third + Math.max(us - run.startUs - run.us, 0) * scale,
  };
}

function showChart(job, samples, result) {
  const chart = document.getElementById("chart");
  const points = samples.slice();
  if (result?.time && result.memory) {
    points.push({ atMs: Math.max(result.time.wallMs, points.at(-1)?.atMs ?? 0), cpuMs: result.time.cpuMs, peakBytes: result.memory.peakBytes });
  }
  if (points.length === 0) {
    chart.replaceChildren();
    say("chart-text", job.state === "ended" ? "It was over before the first look at it, or has several sandboxes." : "Nothing was looked at yet.");
    return;
  }
  points.unshift({ atMs: 0, cpuMs: 0, peakBytes: 0, memoryBytes: 0 });
  const isWatched = samples.some((sample) => sample.memoryBytes !== undefined);
  points.forEach((point, index) => {
    const before = points[index - 1] ?? point;
    // What it has is known from the moment on at which somebody asked; the most so far is all that is known of the time before.
    point.memory = point.memoryBytes ?? (index === points.length - 1 && isWatched ? before.memory : point.peakBytes);
    point.cpus = point.atMs > before.atMs ? Math.max(point.cpuMs - before.cpuMs, 0) / (point.atMs - before.atMs) : 0;
  });
  points[0].cpus = points[1].cpus;
  const [end, cpu, memory] = ["atMs", "cpus", "memory"].map((member) => Math.max(...points.map((point) => point[member]), 0.01));
  const line = (member, most) => points.map((point) => `${((point.atMs / end) * 600).toFixed(1)},${(146 - (point[member] / most) * 140).toFixed(1)}`).join(" ");
  chart.replaceChildren(
    ...[6, 76, 146].map((y) => shape("line", { x1: 0, x2: 600, y1: y, y2: y, class: "grid" })),
    shape("polyline", { points: line("memory", memory), class: "memory" }),
    shape("polyline", { points: line("cpus", cpu), class: "cpu" }));
  say("chart-text", `Over ${duration(end)}: ${isWatched ? "memory" : "most memory so far"}, up to ${size(memory)} (solid), and processors in use, up to ${cpu.toFixed(1)} (dashed).`);
}

function showOutput(stream, result) {
  const at = document.getElementById(stream);
  const captured = result?.[stream];
  let text = "";
  if (result?.tooLarge) {
    text = stream === "stdout" ? "The result is too large for this page; GET /v1/jobs/ID has it." : "";
  } else if (captured?.text !== undefined) {
    text = cut(printableLines(captured.text.slice(0, outputShown)), outputShown * 6) + (captured.text.length > outputShown ? "\n… there is more" : "");
  } else if (captured?.base64) {
    text = `${size(captured.bytes)} that are not UTF-8.`;
  }
  say(at, text);
  at.hidden = text === "";
}
