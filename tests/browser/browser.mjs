// Headless Chromium, and a page in it that remembers everything that went wrong.

import { existsSync } from "node:fs";
import { chromium } from "playwright-core";

export const found = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) => path && existsSync(path));

export const launch = () => chromium.launch({ executablePath: found, chromiumSandbox: false, args: ["--disable-dev-shm-usage"] });

/** Opens the page. What it holds in "wrong" is a test's to look at. */
export async function open(browser, address, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: "reduce", ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(30000);
  const wrong = [];
  const requests = [];
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && wrong.push(message.text()));
  page.on("pageerror", (failure) => wrong.push(String(failure)));
  page.on("request", (request) => requests.push(request.url()));
  await page.addInitScript(() => {
    window.violations = [];
    document.addEventListener("securitypolicyviolation", (event) => window.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
  });
  const answer = await page.goto(address);
  return { page, wrong, requests, answer, close: () => context.close() };
}

/** Waits until an element says something. */
export const says = (page, selector, text) => page.waitForFunction(([at, wanted]) => document.querySelector(at)?.textContent.includes(wanted), [selector, text]);

/** Every text that can be seen, with the contrast of its colour to what is behind it (WCAG 2.2, 1.4.3). */
export const contrasts = (page) => page.evaluate(() => {
  const channels = (color) => color.match(/[\d.]+/g).map(Number);
  const luminance = ([red, green, blue]) => [red, green, blue].map((value) => value / 255).map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
    .reduce((sum, value, index) => sum + value * [0.2126, 0.7152, 0.0722][index], 0);
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = channels(getComputedStyle(at).backgroundColor);
      if (color[3] !== 0) {
        return color;
      }
    }
    return [255, 255, 255];
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const seen = [];
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (node.textContent.trim() && element.checkVisibility() && !["SCRIPT", "STYLE", "NOSCRIPT"].includes(element.tagName)) {
      const [one, other] = [luminance(channels(getComputedStyle(element).color)), luminance(ground(element))].sort((a, b) => b - a);
      seen.push({ text: node.textContent.trim().slice(0, 40), ratio: (one + 0.05) / (other + 0.05) });
    }
  }
  return seen;
});
