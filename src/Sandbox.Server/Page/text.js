// What a job wrote or is called, made fit to be seen: what is invisible, moves other characters or is a control is written as in JSON, \u202e. The server's
// own messages are so already (DisplayText); names and output come as they are.

const hidden = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Cn}\u{34f}\u{115f}\u{1160}\u{17b4}\u{17b5}\u{180b}-\u{180f}\u{2800}\u{3164}\u{fe00}-\u{fe0f}\u{ffa0}\u{fffc}\u{fffd}\u{e0100}-\u{e01ef}]|(?! )\p{Zs}/gu;
const hiddenInLines = new RegExp(`(?![\\n\\t])(?:${hidden.source})`, "gu");

const escape = (found) => [...Array(found.length).keys()].map((index) => "\\u" + found.charCodeAt(index).toString(16).padStart(4, "0")).join("");

/** One line. */
export const printable = (text) => String(text).replace(hidden, escape);

/** Lines; tabs stay. */
export const printableLines = (text) => String(text).replace(hiddenInLines, escape);

/** No longer than so many characters, and said if it was. */
export const cut = (text, most) => (text.length <= most ? text : text.slice(0, most) + "…");

/** "1.3 MiB". */
export function size(bytes) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  for (; bytes >= 1024 && unit < units.length - 1; unit++) {
    bytes /= 1024;
  }
  return `${unit === 0 || bytes >= 100 ? Math.round(bytes) : bytes.toFixed(1)} ${units[unit]}`;
}

/** "12 µs", "3.4 ms", "1.20 s", "3 min 20 s". */
export function duration(ms) {
  if (ms < 0.9995) {
    return `${Math.round(ms * 1000)} µs`;
  }
  if (ms < 999.5) {
    return `${ms < 99.95 ? ms.toFixed(1) : Math.round(ms)} ms`;
  }
  const seconds = ms / 1000;
  return seconds < 99.95 ? `${seconds.toFixed(2)} s` : `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
}

/** How a verdict is shown: a tone and a sign, so that colour is not all there is. */
export function verdict(word) {
  if (word === "ok") {
    return { tone: "good", sign: "✓" };
  }
  return word === "setup-error" || word === "internal-error" ? { tone: "bad", sign: "!" } : word === "cancelled" ? { tone: "quiet", sign: "–" } : { tone: "warn", sign: "×" };
}

/** An element with text in it and nothing else. */
export function element(name, text, attributes = {}) {
  const made = document.createElement(name);
  if (text !== undefined) {
    made.textContent = text;
  }
  for (const [attribute, value] of Object.entries(attributes)) {
    made.setAttribute(attribute, value);
  }
  return made;
}

/** Sets a text if it is another one: a selection in it, and who listens to a screen reader, are not disturbed for nothing. */
export function say(id, text) {
  const at = typeof id === "string" ? document.getElementById(id) : id;
  if (at.textContent !== text) {
    at.textContent = text;
  }
}
