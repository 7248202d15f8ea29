// The station's HTTP API, with errors that can be shown: what happened, what it means, what to do next.

/** A refusal or failure; `message` and `whatNext` are codes with parameters for the catalogue. */
export class ApiProblem extends Error {
  constructor(status, problem) {
    super(problem.message ?? problem.code);
    this.status = status;
    this.said = { code: problem.code, params: problem.params ?? {} };
    this.whatNext = problem.what_next ?? null;
  }
}

const UNREACHABLE = { code: "error.unreachable", what_next: { code: "error.unreachable.next", params: {} } };

async function ask(path, options) {
  let answer;
  try {
    answer = await fetch(path, { ...options, signal: AbortSignal.timeout(30000) });
  } catch {
    throw new ApiProblem(0, UNREACHABLE);
  }
  const body = await answer.json().catch(() => ({ code: "error.unexpected" }));
  if (!answer.ok) throw new ApiProblem(answer.status, body);
  return body;
}

export const get = (path) => ask(path, {});

export function post(path, body = null) {
  if (body === null) return ask(path, { method: "POST" });
  return ask(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
}
