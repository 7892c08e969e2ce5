/**
 * The token, for as long as this tab lives. It comes from a form, or from the fragment of the page's
 * address, which browsers send to nobody; it is taken out of the address bar at once.
 */

const KEY = "coppice-token";

export class TokenKeeper {
  #token: string;

  constructor() {
    const [, given] = /^#token=(.+)$/.exec(location.hash) ?? [];
    this.#token = given === undefined ? read() : decoded(given);
    if (given === undefined) return;
    history.replaceState(null, "", location.pathname + location.search);
    this.token = this.#token;
  }

  get token(): string {
    return this.#token;
  }

  set token(token: string) {
    this.#token = token;
    try {
      sessionStorage.setItem(KEY, token);
    } catch {
      // A browser that keeps nothing: it is asked for again after a reload.
    }
  }
}

function read(): string {
  try {
    return sessionStorage.getItem(KEY) ?? "";
  } catch {
    return "";
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
