// Requests to the server that this page came from. A token is in this variable and nowhere else: no storage, no cookie, no address.

let token = "";

/** The server wants a token, or another one. */
export class Unauthorized extends Error {}

/** What the server said is wrong (RFC 9457). */
export class Problem extends Error {
  constructor(status, body) {
    super(body.title ?? `status ${status}`);
    this.status = status;
    this.problems = body.problems ?? [];
  }
}

export const useToken = (value) => { token = value; };

async function send(path, options = {}) {
  const headers = new Headers(options.headers);
  if (token) {
    headers.set("Authorization", `Bearer ${token}`);
  }
  const answer = await fetch(path, { ...options, headers, cache: "no-store", credentials: "omit", redirect: "error" });
  if (answer.status === 401) {
    throw new Unauthorized();
  }
  return answer;
}

/** JSON of a GET; null if there is nothing like that (any more). */
export async function get(path, signal) {
  const answer = await send(path, { signal });
  if (answer.status === 404) {
    return null;
  }
  return read(answer);
}

async function read(answer) {
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) {
    throw new Problem(answer.status, body);
  }
  return body;
}

/** Sends a job, and returns its id once the server has taken it. */
export async function post(job) {
  const answer = await send("/v1/jobs?wait=0", { method: "POST", headers: { "Content-Type": "application/json" }, body: job });
  await read(answer);
  return answer.headers.get("Sandbox-Job");
}

/** Ends a job. */
export const end = (id) => send(`/v1/jobs/${encodeURIComponent(id)}?wait=0`, { method: "DELETE" });

/** The job's result, or null while it has none or when it is forgotten. A large one is not read: a page that is open for a day has no use for 64 MiB of output. */
export async function result(id, most, signal) {
  const answer = await send(`/v1/jobs/${encodeURIComponent(id)}`, { signal });
  if (answer.status !== 200) {
    await answer.body?.cancel();
    return null;
  }
  const reader = answer.body.getReader();
  const pieces = [];
  for (let size = 0; ;) {
    const { done, value } = await reader.read();
    if (done) {
      break;
    }
    pieces.push(value);
    size += value.length;
    if (size > most) {
      await reader.cancel();
      return { tooLarge: true };
    }
  }
  return JSON.parse(await new Blob(pieces).text());
}
