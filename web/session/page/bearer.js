// Where the page finds the front end's bearer token. In this order: the front end's key in sessionStorage, then
// in localStorage; the fragment of the address (#token=…, taken out of the address bar at once), for a front end
// on another origin; this page's own note of that for a reload. The fragment comes after what the front end
// has stored: somebody else's link must not make a signed-in person somebody else. Never a query string: those
// are written into logs.

const ownKey = 'punctual.session.bearer';
const jwt = /^[\w-]+\.[\w-]+\.[\w-]+$/;

// Some front ends store it as JSON, some with its scheme.
function cleaned(text) {
  const bare = (text ?? '').trim().replace(/^"(.*)"$/, '$1').replace(/^Bearer\s+/i, '');
  return jwt.test(bare) ? bare : null;
}

// Storage throws where the browser forbids it.
function read(storage, key) {
  try {
    return cleaned(storage().getItem(key));
  } catch {
    return null;
  }
}

export class BearerSource {
  #key;
  #window;
  #refused = new Set();
  #fromLink = null;

  constructor(key, window_ = window) {
    this.#key = key;
    this.#window = window_;
    this.#takeFragment();
  }

  // The token to try next, or null: the person has to sign in.
  current() {
    const candidates = [
      read(() => this.#window.sessionStorage, this.#key),
      read(() => this.#window.localStorage, this.#key),
      this.#fromLink,
      read(() => this.#window.sessionStorage, ownKey),
    ];
    return candidates.find((one) => one && !this.#refused.has(one)) ?? null;
  }

  // The API did not take it; there may be another.
  refuse(token) {
    this.#refused.add(token);
  }

  // Somebody signed in in another tab.
  onChange(call) {
    this.#window.addEventListener('storage', (event) => {
      if (event.key === this.#key && cleaned(event.newValue)) {
        call();
      }
    });
  }

  #takeFragment() {
    const { location, history } = this.#window;
    const given = new URLSearchParams(location.hash.slice(1)).get('token');
    if (given === null) {
      return;
    }
    history.replaceState(history.state, '', location.pathname + location.search);
    this.#fromLink = cleaned(given);
    if (this.#fromLink) {
      try {
        this.#window.sessionStorage.setItem(ownKey, this.#fromLink);
      } catch {
        // A reload will then ask to sign in.
      }
    }
  }
}
