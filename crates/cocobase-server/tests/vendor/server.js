// Starts `cocobase serve` on a free port and ends it, whatever happens to the test.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { PATIENCE } from "./inbox.js";

export const API_KEY = "vendor-tests-key";

/**
 * Arguments follow `cocobase serve`; an object among them says where: `{ data, listen }`, else the server keeps
 * its data in memory and takes a free port. Resolves to `{ url, stop }`.
 */
export async function startServer(...options) {
  const arguments_ = options.filter((option) => typeof option === "string");
  const { data, listen = "127.0.0.1:0" } = options.find((option) => typeof option === "object") ?? {};
  const program = process.env.COCOBASE;
  if (!program) throw new Error("COCOBASE names no program: run `cargo xtask vendor`");
  const child = spawn(
    program,
    ["serve", ...(data ? ["--data", data] : ["--memory"]), "--listen", listen, "--api-key", API_KEY, ...arguments_],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const exited = new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, signal) => resolve(signal ?? `status ${code}`));
  });
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);

  const listening = new Promise((resolve) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      const match = /^cocobase listening on (http:\/\/\S+)$/.exec(line);
      if (match) resolve(match[1]);
    });
  });
  const url = await within(PATIENCE, "the server to listen", Promise.race([
    listening,
    exited.then((how) => Promise.reject(new Error(`the server ended with ${how} before it listened`))),
  ])).catch((error) => {
    kill();
    throw error;
  });

  const stop = async () => {
    child.kill("SIGTERM");
    const how = await within(PATIENCE, "the server to stop", exited).finally(kill);
    process.removeListener("exit", kill);
    if (how !== "status 0") throw new Error(`the server ended with ${how}, not gracefully`);
  };
  return { url, stop };
}

// A signal would end this process without its "exit" handlers, and leave the server behind.
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));

function within(milliseconds, what, promise) {
  let timer;
  const timeout = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${milliseconds} ms for ${what}`)), milliseconds);
  });
  return Promise.race([promise, timeout]).finally(() => clearTimeout(timer));
}
