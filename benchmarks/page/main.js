// Runs the job that `browsers.py` serves, and sends back times, or what went wrong.
import { alternate } from "./timing.js";
import { makeRun } from "./contestants.js";

async function race({ contestants, rounds, seconds }) {
  const runs = {};
  for (const { name, page } of contestants) runs[name] = await makeRun(page);
  return alternate(runs, rounds, seconds);
}

async function work() {
  const job = await (await fetch("job.json")).json();
  return { agent: navigator.userAgent, times: await race(job) };
}

const answer = await work().catch((error) => ({ error: `${error}\n${error.stack ?? ""}` }));
await fetch("answer", { method: "POST", body: JSON.stringify(answer) });
