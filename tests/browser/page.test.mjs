// The live page of the job host, in a browser, on jobs that really run.

import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { contrasts, launch, open, says } from "./browser.mjs";
import { Server } from "./server.mjs";

const hostile = "<img src=x onerror=window.hit=1>\u202egnp.exe\u0007";

let browser;
let server;

before(async () => {
  browser = await launch();
  server = await Server.start("--slots", "2");
});

after(async () => {
  await browser?.close();
  await server?.close();
});

async function withPage(options, use, address = server.address) {
  const opened = await open(browser, address, options);
  try {
    await use(opened.page, opened);
  } finally {
    await opened.close();
  }
}

const pick = (page, name) => page.locator("#jobs button", { hasText: name }).first();

async function tryJob(page, job) {
  await page.fill("#source", typeof job === "string" ? job : JSON.stringify(job));
  await page.click("#run");
}

test("It loads nothing from anywhere else, and breaks no rule of its policy", async () => {
  await withPage({}, async (page, { wrong, requests, answer }) => {
    await says(page, "#connection", "takes jobs");
    assert.deepEqual(wrong, []);
    assert.deepEqual(await page.evaluate(() => window.violations), []);
    assert.ok(requests.length > 4 && requests.every((url) => url.startsWith(server.address + "/") || url === "data:,"), requests.join(" "));
    const headers = answer.headers();
    assert.match(headers["content-security-policy"], /^default-src 'none'; script-src 'self'; style-src 'self';/);
    assert.match(headers["content-security-policy"], /frame-ancestors 'none'/);
    assert.equal(headers["x-content-type-options"], "nosniff");
    assert.equal(headers["referrer-policy"], "no-referrer");
  });
});

test("A script, a style and an image that get into it have no effect", async () => {
  await withPage({}, async (page) => {
    await page.evaluate(() => {
      const script = document.createElement("script");
      script.textContent = "window.hit = 1";
      document.body.append(script);
      document.body.insertAdjacentHTML("beforeend", "<p id=styled style='color: red' onclick='window.hit = 1'>x</p><img src=http://127.0.0.1:9/x>");
      document.getElementById("styled").click();
    });
    await page.waitForFunction(() => window.violations.length >= 4);
    assert.equal(await page.evaluate(() => window.hit), undefined);
    assert.notEqual(await page.evaluate(() => getComputedStyle(document.getElementById("styled")).color), "rgb(255, 0, 0)");
  });
});

test("A job that is tried appears, and ends with its verdict, phases and output", async () => {
  await withPage({}, async (page, { wrong }) => {
    await tryJob(page, { name: "tried", command: ["sh", "-c", "echo to stdout; echo to stderr >&2; i=0; while [ $i -lt 60000 ]; do i=$((i+1)); done; sleep 1; exit 3"] });
    await says(page, "#try-status", "It ended: exit-code");
    await says(page, "#jobs tr", "exit-code");
    assert.match(await page.textContent("#job-verdict"), /exit-code: exited with code 3/);
    assert.equal(await page.textContent("#stdout"), "to stdout\n");
    assert.equal(await page.textContent("#stderr"), "to stderr\n");
    const phases = await page.locator("#phases li span:first-child").allTextContents();
    assert.ok(["prepare", "mounts", "run", "teardown"].every((phase) => phases.includes(phase)), phases.join(" "));
    assert.match(await page.textContent("#chart-text"), /: memory, up to .*B .*processors in use, up to \d/);
    assert.ok((await page.getAttribute("#chart polyline.memory", "points")).split(" ").length > 3);
    assert.ok(Number(await page.textContent("#verdicts li:has-text('exit-code') strong")) >= 1);
    assert.deepEqual(wrong, []);
  });
});

test("A job that runs can be ended", async () => {
  await withPage({}, async (page) => {
    await tryJob(page, { name: "endless", command: ["sleep", "600"] });
    await says(page, "#job-verdict", "running");
    assert.equal(await page.textContent("#running"), "1");
    await page.click("#job-end");
    await says(page, "#job-verdict", "cancelled");
    assert.equal(await page.isHidden("#job-end"), true);
  });
});

test("Problems of a job are shown with their places", async () => {
  await withPage({}, async (page) => {
    await tryJob(page, '{\n  "command": ["true"],\n  "limits": { "memroy": "1MiB" },\n  "network": 5\n}');
    await says(page, "#try-status", "Not taken");
    await says(page, "#problems", "/network line 4");
    await page.locator("#problems button", { hasText: "/limits/memroy line 3" }).click();
    const selected = await page.$eval("#source", (source) => source.value.slice(source.selectionStart, source.selectionEnd));
    assert.equal(selected, '  "limits": { "memroy": "1MiB" },');
  });
});

test("What a job is called and what it wrote is text, and nothing in it is hidden", async () => {
  await server.job({ name: hostile, command: ["printf", "%s", "<script>window.hit=1</script>\u202e\u001b[2J"] });
  await withPage({}, async (page, { wrong }) => {
    await pick(page, "gnp.exe").click();
    await says(page, "#stdout", "window.hit");
    assert.equal(await page.textContent("#job-title"), "<img src=x onerror=window.hit=1>\\u202egnp.exe\\u0007");
    assert.equal(await page.textContent("#stdout"), "<script>window.hit=1</script>\\u202e\\u001b[2J");
    assert.equal(await page.locator("main img, main script").count(), 0);
    assert.equal(await page.evaluate(() => window.hit), undefined);
    assert.doesNotMatch(await page.evaluate(() => document.body.innerText), /[\u202e\u0007\u001b]/);
    assert.deepEqual(wrong, []);
  });
});

test("All of it can be used with the keyboard alone", async () => {
  await Promise.all(["first", "second"].map((name) => server.job({ name, command: ["true"] })));
  await withPage({}, async (page) => {
    await pick(page, "second").waitFor();
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => document.activeElement.id), "jobs-title");

    await page.keyboard.press("Tab");
    const focused = () => page.evaluate(() => document.activeElement.dataset.id);
    const top = await focused();
    await page.keyboard.press("ArrowDown");
    const below = await focused();
    assert.ok(top && below && top !== below);
    assert.notEqual(await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle), "none");
    await page.keyboard.press("Enter");
    await says(page, "#job-verdict", "ok");
    assert.equal(await focused(), below);
    assert.equal(await page.getAttribute(`[data-id="${below}"]`, "aria-current"), "true");

    // One stop for the list however long it is, then the outputs that can be scrolled, then the form, and out of it again.
    const stops = [];
    for (let step = 0; step < 12 && stops.at(-1) !== "run"; step++) {
      await page.keyboard.press("Tab");
      stops.push(await page.evaluate(() => document.activeElement.id));
    }
    assert.deepEqual(stops.filter((id) => ["source", "run"].includes(id)), ["source", "run"]);
    await page.keyboard.press("Shift+Tab");
    await page.keyboard.press("Control+A");
    await page.keyboard.type('{ "name": "typed", "command": ["true"]');
    await page.keyboard.type(" }");
    await page.keyboard.press("Control+Enter");
    await says(page, "#try-status", "It ended: ok");
  });
});

test("Everything that can be used has a name, and what changes by itself is announced", async () => {
  await withPage({}, async (page) => {
    await says(page, "#connection", "takes jobs");
    const nameless = await page.$$eval("button, input, textarea, meter, section, table, pre, svg[role]", (all) => all.filter((one) => {
      const by = one.getAttribute("aria-labelledby");
      return !(one.getAttribute("aria-label") || (by && document.getElementById(by)) || one.labels?.length || one.textContent.trim());
    }).map((one) => one.outerHTML.slice(0, 80)));
    assert.deepEqual(nameless, []);
    assert.deepEqual(await page.$$eval("[role=status], [aria-live]", (all) => all.map((one) => one.id)), ["connection", "job-verdict", "try-status"]);
    assert.equal(await page.getAttribute("html", "lang"), "en");
  });
});

for (const colorScheme of ["light", "dark"]) {
  test(`Every text has a contrast of 4.5 in ${colorScheme} mode`, async () => {
    await server.job({ name: "fails", command: ["sh", "-c", "echo a; echo b >&2; exit 1"] });
    await withPage({ colorScheme }, async (page) => {
      await pick(page, "fails").click();
      await says(page, "#stderr", "b");
      await tryJob(page, '{ "command": 5 }');
      await says(page, "#problems", "/command");
      const seen = await contrasts(page);
      assert.ok(seen.length > 60, String(seen.length));
      assert.deepEqual(seen.filter(({ ratio }) => ratio < 4.5), []);
      const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor.match(/\d+/g).map(Number));
      assert.equal(ground.every((channel) => (colorScheme === "dark" ? channel < 60 : channel > 200)), true);
    });
  });
}

test("On a narrow screen nothing has to be scrolled sideways", async () => {
  await server.job({ name: "a name that is far too long for any screen ".repeat(5), command: ["true"] });
  await withPage({ viewport: { width: 360, height: 740 } }, async (page) => {
    await pick(page, "far too long").click();
    await says(page, "#job-verdict", "ok");
    const [width, room] = await page.evaluate(() => [document.scrollingElement.scrollWidth, document.scrollingElement.clientWidth]);
    assert.ok(width <= room, `${width} of ${room}`);
    assert.ok((await pick(page, "far too long").boundingBox()).width > 100);
  });
});

test("A page of another site can neither run a job nor read one, nor frame the page", async () => {
  const site = http.createServer((request, answer) => answer.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>another site</title><iframe></iframe>"));
  await new Promise((opened) => site.listen(0, "127.0.0.1", opened));
  const victim = await Server.start("--slots", "1");
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    await page.goto(`http://127.0.0.1:${site.address().port}`);
    const outcomes = await page.evaluate(async (address) => {
      const job = JSON.stringify({ name: "foreign", command: ["true"] });
      const tries = [
        // What a form could send goes without a question to the server beforehand (Fetch, "CORS protocol").
        () => fetch(`${address}/v1/jobs`, { method: "POST", mode: "no-cors", headers: { "Content-Type": "text/plain" }, body: job }).then((answer) => `sent: ${answer.type}`),
        () => fetch(`${address}/v1/jobs`, { method: "POST", headers: { "Content-Type": "application/json" }, body: job }).then((answer) => `answered ${answer.status}`),
        () => fetch(`${address}/v1/jobs`).then((answer) => answer.text()),
      ];
      const ends = [];
      for (const one of tries) {
        ends.push(await one().catch(() => "refused"));
      }
      const frame = document.querySelector("iframe");
      await new Promise((loaded) => { frame.addEventListener("load", loaded); frame.src = address; });
      return [...ends, frame.contentDocument === null ? "another origin" : "own"];
    }, victim.address);
    assert.deepEqual(outcomes.slice(1, 3), ["refused", "refused"]);
    assert.equal(await page.frames()[1].locator("#jobs").count(), 0);
    assert.deepEqual(JSON.parse((await victim.ask("GET", "/v1/jobs")).body), { jobs: [] });
    assert.deepEqual(JSON.parse((await victim.ask("GET", "/v1/host")).body).verdicts, {});
  } finally {
    await context.close();
    await victim.close();
    site.close();
  }
});

test("Where a token is needed the page asks for it, keeps it nowhere, and shows that tenant's jobs", async () => {
  const directory = await mkdtemp(join(tmpdir(), "sandbox-browser-"));
  const tokens = { alice: "a".repeat(32), bob: "b".repeat(32) };
  await Promise.all(Object.entries(tokens).map(([name, token]) => writeFile(join(directory, name), `${name} ${token}\n`, { mode: 0o600 })));
  const guarded = await Server.start("--slots", "1", "--token-file", join(directory, "alice"), "--token-file", join(directory, "bob"));
  try {
    await guarded.ask("POST", "/v1/jobs", '{ "name": "of bob", "command": ["true"] }', { authorization: `Bearer ${tokens.bob}` });
    await withPage({}, async (page) => {
      await says(page, "#connection", "a token is needed");
      assert.equal(await page.evaluate(() => document.activeElement.id), "token");
      await page.keyboard.type("c".repeat(32));
      await page.keyboard.press("Enter");
      await page.waitForFunction(() => document.getElementById("token").value === "");
      await page.fill("#token", tokens.alice);
      await page.keyboard.press("Enter");
      await says(page, "#connection", "takes jobs");
      assert.equal(await page.isHidden("#token-form"), true);
      await tryJob(page, { name: "of alice", command: ["true"] });
      await says(page, "#try-status", "It ended: ok");
      assert.deepEqual(await page.locator("#jobs button").allTextContents(), ["of alice"]);
      assert.equal(await page.textContent("#verdicts"), "✓ ok 1");
      const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, location.href, document.documentElement.outerHTML]));
      assert.ok(!kept.includes(tokens.alice));
      await page.reload();
      await says(page, "#connection", "a token is needed");
    }, guarded.address);
  } finally {
    await guarded.close();
    await rm(directory, { recursive: true });
  }
});

test("It goes on by itself after the server was restarted", async () => {
  const other = await Server.start("--slots", "1");
  try {
    await withPage({}, async (page) => {
      await says(page, "#connection", "takes jobs");
      await other.stop();
      await says(page, "#connection", "does not answer");
      await other.run();
      await says(page, "#connection", "takes jobs");
      await tryJob(page, { name: "after", command: ["true"] });
      await says(page, "#try-status", "It ended: ok");
    }, other.address);
  } finally {
    await other.close();
  }
});

test("A page that is left open does not grow with the jobs that pass", async () => {
  const jobs = Number(process.env.SANDBOX_BROWSER_JOBS ?? 600);
  await withPage({}, async (page) => {
    const session = await page.context().newCDPSession(page);
    const measure = async () => {
      await session.send("HeapProfiler.collectGarbage");
      return { heap: (await session.send("Runtime.getHeapUsage")).usedSize, ...(await session.send("Memory.getDOMCounters")) };
    };
    const run = async (count) => {
      let left = count;
      await Promise.all([...Array(8)].map(async () => {
        while (left-- > 0) {
          await server.job({ name: `job ${left}`, command: ["true"] });
        }
      }));
    };
    // As full as it gets: from here on it must not grow.
    await run(150);
    await says(page, "#jobs-note", "newest");
    await page.waitForFunction(() => document.querySelectorAll("#jobs tr").length >= 50);
    const before = await measure();
    await run(jobs);
    await server.job({ name: "the last one", command: ["true"] });
    await pick(page, "the last one").waitFor();
    const after = await measure();
    assert.ok(await page.locator("#jobs tr").count() <= 150);
    assert.ok(after.nodes <= before.nodes * 1.2 + 200, `${before.nodes} nodes, then ${after.nodes}`);
    assert.ok(after.jsEventListeners <= before.jsEventListeners + 60, `${before.jsEventListeners} listeners, then ${after.jsEventListeners}`);
    assert.ok(after.heap <= before.heap + (1 << 20), `${before.heap} bytes, then ${after.heap}`);
  });
});
