// The page of examples/judge, in a browser, on submissions that are really judged.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { contrasts, launch, open, says } from "./browser.mjs";

const program = process.env.JUDGE_EXE;
const hostile = "<img src=x onerror=window.hit=1>";
const right = "input(); print(sum(map(int, input().split())))";

let browser;
let store;
let judge;
let address;

before(async () => {
  browser = await launch();
  store = await mkdtemp(join(tmpdir(), "sandbox-judge-"));
  judge = spawn(program, ["--urls", "http://127.0.0.1:0", "--Sandbox:Store", store, ...(process.env.SANDBOX_CGROUP ? ["--Sandbox:Cgroup", process.env.SANDBOX_CGROUP] : [])], { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  address = await new Promise((listening, failed) => {
    judge.stdout.on("data", (text) => {
      said += text;
      const found = said.match(/Now listening on: (http:\/\/127\.0\.0\.1:\d+)\n/)?.[1];
      found && listening(found);
    });
    judge.once("exit", (status) => failed(new Error(`the judge ended with ${status}: ${said}`)));
  });
});

after(async () => {
  await browser?.close();
  const ended = new Promise((over) => judge.once("exit", over));
  judge.kill("SIGTERM");
  await ended;
  await rm(store, { recursive: true, force: true });
});

async function withPage(options, use) {
  const opened = await open(browser, address, options);
  try {
    await says(opened.page, "#problems", "Sum");
    await use(opened.page, opened);
  } finally {
    await opened.close();
  }
}

async function submit(page, author, problem, language, source) {
  await page.click(`#problems button:has-text("${problem}")`);
  await page.fill("#author", author);
  await page.selectOption("#language", language);
  await page.fill("#source", source);
  await page.click("#form button");
  await says(page, "#answer", "Submission");
}

test("A submission is judged, and its points are on the scoreboard", async () => {
  await withPage({}, async (page, { wrong, requests }) => {
    await submit(page, "ada", "Sum", "python", right);
    await says(page, "#chosen-title", "accepted, 100 of 100 points");
    await says(page, "#scoreboard", "ada");
    assert.deepEqual(await page.locator("#scoreboard tr:has-text('ada') td").allTextContents(), ["ada", "–", "–", "100", "100"]);
    assert.equal(await page.locator("#tests tr").count(), 5);
    assert.deepEqual(wrong, []);
    assert.deepEqual(await page.evaluate(() => window.violations), []);
    assert.ok(requests.every((url) => url.startsWith(address) || url === "data:,"), requests.join(" "));
  });
});

test("What a submission is called and what the compiler quotes of it is text", async () => {
  await withPage({}, async (page, { wrong }) => {
    await submit(page, hostile, "Sum", "c", `#error ${hostile} \u001b[31m \u202egnp.exe`);
    await says(page, "#chosen-title", "compile error");
    assert.ok((await page.textContent("#log")).includes(hostile));
    assert.ok(!/[\u001b\u202e]/.test(await page.textContent("body")));
    await says(page, "#scoreboard", hostile);
    assert.equal(await page.locator("td img, pre img").count(), 0);
    assert.equal(await page.evaluate(() => window.hit), undefined);
    assert.deepEqual(wrong, []);
  });
});

test("It works with the keyboard alone, and the focus stays where it is while the tables change", async () => {
  await withPage({}, async (page) => {
    const focus = async (wanted) => {
      for (let presses = 0; presses < 60; presses++) {
        await page.keyboard.press("Tab");
        if (await page.evaluate((selector) => document.activeElement.matches(selector), wanted)) {
          return;
        }
      }
      assert.fail(`${wanted} cannot be reached`);
    };
    await focus("#problems button:nth-child(3)");
    await page.keyboard.press("Enter");
    assert.equal(await page.textContent("#problem-title"), "Sum");
    await focus("#author");
    await page.keyboard.type("keys");
    await focus("#language");
    await page.keyboard.type("Python");
    await focus("#source");
    await page.keyboard.type("print(5)");
    await focus("#form button");
    await page.keyboard.press("Enter");
    await says(page, "#submissions", "keys");
    await says(page, "#chosen-title", "wrong answer");
    await focus("#submissions button");
    const number = await page.evaluate(() => document.activeElement.dataset.id);
    await fetch(`${address}/api/submissions`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ author: "other", problem: "sum", language: "python", source: right }) });
    await says(page, "#submissions tr:first-child", "other");
    await says(page, "#submissions tr:first-child", "accepted");
    assert.equal(await page.evaluate(() => document.activeElement.dataset.id), number);
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.activeElement.id === "chosen");
  });
});

for (const colorScheme of ["light", "dark"]) {
  test(`It can be read when it is ${colorScheme}`, async () => {
    await withPage({ colorScheme }, async (page) => {
      await submit(page, "reader", "Guess the number", "python", "print(0)");
      await says(page, "#chosen-title", "wrong answer");
      const weak = (await contrasts(page)).filter((seen) => seen.ratio < 4.5);
      assert.deepEqual(weak, []);
      if (process.env.JUDGE_SCREENSHOTS) {
        await page.screenshot({ path: join(process.env.JUDGE_SCREENSHOTS, `${colorScheme}.png`), fullPage: true });
      }
    });
  });
}
