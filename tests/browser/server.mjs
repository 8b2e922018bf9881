// A job host of the built command, on a port of the loopback.

import { spawn } from "node:child_process";
import http from "node:http";

const program = process.env.SANDBOX_EXE ?? "out/sandbox";

export class Server {
  static async start(...settings) {
    const server = new Server();
    server.settings = settings;
    server.port = 0;
    await server.run();
    return server;
  }

  async run() {
    const cgroup = process.env.SANDBOX_CGROUP ? ["--cgroup", process.env.SANDBOX_CGROUP] : [];
    this.process = spawn(program, ["serve", "--listen", `127.0.0.1:${this.port}`, ...cgroup, ...this.settings], { stdio: ["ignore", "ignore", "pipe"] });
    this.ended = new Promise((ended) => this.process.once("exit", ended));
    let said = "";
    await new Promise((listening, failed) => {
      this.process.stderr.on("data", (text) => {
        said += text;
        const port = said.match(/listening on 127\.0\.0\.1:(\d+)\n/)?.[1];
        if (port) {
          this.port = Number(port);
          listening();
        }
      });
      this.process.once("exit", (status) => failed(new Error(`the server ended with ${status}: ${said}`)));
    });
    this.address = `http://127.0.0.1:${this.port}`;
  }

  /** Ends the server and keeps the address. */
  async stop() {
    this.process.kill("SIGTERM");
    await this.ended;
  }

  close() {
    return this.stop();
  }

  /** Runs a job, and returns its result. */
  async job(job) {
    const answer = await this.ask("POST", "/v1/jobs", JSON.stringify(job));
    return JSON.parse(answer.body);
  }

  ask(method, path, body, headers = {}) {
    return new Promise((answered, failed) => {
      const request = http.request({ host: "127.0.0.1", port: this.port, method, path, headers, agent: this.agent ??= new http.Agent({ keepAlive: true, maxSockets: 8 }) }, (response) => {
        const pieces = [];
        response.on("data", (piece) => pieces.push(piece));
        response.on("end", () => answered({ status: response.statusCode, headers: response.headers, body: Buffer.concat(pieces).toString() }));
      });
      request.on("error", failed);
      request.end(body);
    });
  }
}
