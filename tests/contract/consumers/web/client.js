// The client behind `randomizer-web`: what it asks of the API, and what it makes of the answers.
// It stands for a consumer in another repository: it knows HTTP and nothing of this one.

/** The API said no; `kind` says why, as far as the client acts on it. */
export class Refused extends Error {
  constructor(kind, detail, more = {}) {
    super(typeof detail === "string" ? detail : kind);
    this.kind = kind;
    Object.assign(this, more);
  }
}

const KINDS = {
  401: "login-needed",
  403: "not-allowed",
  404: "not-found",
  409: "conflict",
  422: "input-refused",
  429: "try-later",
  503: "try-later",
};

export class Randomizer {
  #baseUrl;
  #token;

  constructor(baseUrl, token) {
    this.#baseUrl = baseUrl.replace(/\/$/, "");
    this.#token = token;
  }

  async logIn(username, password) {
    const form = new URLSearchParams({ username, password });
    const { access_token: token } = await this.#ask("POST", "/users/login", form);
    this.#token = token;
    return token;
  }

  forgotPassword(username) {
    return this.#ask("POST", "/users/forgot_password", { username });
  }

  resetPassword(username, code, password) {
    const body = { username, confirmation_code: code, new_password: password };
    return this.#ask("POST", "/users/reset_password", body);
  }

  changePassword(current, next) {
    const body = { current_password: current, new_password: next };
    return this.#ask("POST", "/users/change_password", body);
  }

  profile() {
    return this.#ask("GET", "/users/me");
  }

  rename(fullName) {
    return this.#ask("PATCH", "/users/me", { full_name: fullName });
  }

  leave() {
    return this.#ask("DELETE", "/users/me");
  }

  card(sub) {
    return this.#ask("GET", `/users/${sub}`);
  }

  numbers(limit) {
    return this.#ask("GET", `/randoms?${new URLSearchParams({ limit })}`);
  }

  draw(low, high) {
    return this.#ask("POST", "/randoms", { min_value: low, max_value: high });
  }

  raise(id, high) {
    return this.#ask("PATCH", `/randoms/${id}`, { max_value: high });
  }

  async #ask(method, path, body) {
    const headers = { accept: "application/json" };
    if (this.#token) headers.authorization = `Bearer ${this.#token}`;
    const isForm = body instanceof URLSearchParams;
    if (body && !isForm) headers["content-type"] = "application/json";
    if (isForm) headers["content-type"] = "application/x-www-form-urlencoded";
    const content = body && (isForm ? body.toString() : JSON.stringify(body));
    const response = await fetch(this.#baseUrl + path, { method, headers, body: content });
    if (response.status === 204) return undefined;
    const answer = await response.json();
    if (!response.ok) throw refusal(response, answer.detail);
    return answer;
  }
}

function refusal(response, detail) {
  const kind = KINDS[response.status] ?? "failed";
  if (kind === "try-later") {
    return new Refused(kind, detail, { seconds: Number(response.headers.get("retry-after")) });
  }
  if (kind === "input-refused") {
    return new Refused(kind, detail, { fields: detail.map(({ loc }) => loc.at(-1)) });
  }
  return new Refused(kind, detail);
}
