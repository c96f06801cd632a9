// The way through the page: link → sign-in → token → lobby → call → and what may go wrong at each step.

import { askForToken } from './api.js';
import { BearerSource } from './bearer.js';
import { Call } from './call.js';
import { CallView } from './call_view.js';
import { Devices, isSupported, kinds, list } from './devices.js';
import { readLink } from './link.js';
import { Lobby } from './lobby.js';
import { Notice } from './notice.js';
import { at, fillChoices, say, showHelp, showScreen, showWords } from './view.js';
import { askedLanguage, chooseLanguage, deviceWords, noticeFor, speak, words } from './words.js';

const configUrl = '/video-session/config.json';

async function loadConfig() {
  try {
    const answer = await fetch(configUrl, { credentials: 'omit' });
    return answer.ok ? await answer.json() : {};
  } catch {
    return {};
  }
}

function originOf(url) {
  try {
    return new URL(url).origin;
  } catch {
    return '';
  }
}

class Page {
  #config;
  #link = readLink(location.pathname);
  #bearer;
  #devices = new Devices();
  #lobby;
  #notice;
  #callView;
  #call = null;
  #asking = null;

  constructor(config) {
    this.#config = config;
    this.#bearer = new BearerSource(config.token_key || 'access_token');
    this.#lobby = new Lobby(this.#devices, { join: () => this.#join(), opens: () => this.#open() });
    this.#notice = new Notice(() => this.#signInUrl(), { retry: () => this.#open(), lobby: () => this.#open() });
    this.#callView = new CallView(this.#devices);
    for (const button of document.querySelectorAll('[data-toggle]')) {
      button.addEventListener('click', () => this.#toggle(button.dataset.toggle));
    }
    for (const select of document.querySelectorAll('[data-choice]')) {
      select.addEventListener('change', () => this.#choose(select.dataset.choice, select.value));
    }
    at('leave').addEventListener('click', () => this.#call?.leave());
    at('open-devices').addEventListener('click', () => this.#openDialog());
    window.addEventListener('pagehide', () => this.#call?.leave());
    this.#bearer.onChange(() => {
      if (at('notice').dataset.kind === 'signed_out' && !at('notice').hidden) {
        this.#open();
      }
    });
    if (config.clinic_name) {
      at('clinic').textContent = config.clinic_name;
    }
    showHelp(config);
  }

  start() {
    if (!this.#link) {
      this.#show({ kind: 'bad_link' });
    } else if (!isSupported()) {
      this.#show({ kind: 'unsupported' });
    } else {
      return this.#open();
    }
  }

  // Asks, and shows what came.
  async #open() {
    const outcome = await this.#ask();
    if (outcome) {
      this.#show(outcome);
    }
  }

  #show(outcome) {
    if (outcome.kind === 'token' || outcome.kind === 'too_early') {
      this.#notice.hide();
      void this.#lobby.show(outcome);
      return;
    }
    this.#lobby.hide();
    this.#devices.release();
    this.#notice.show(outcome);
  }

  // One question at a time; nothing when one is under way.
  async #ask() {
    if (this.#asking) {
      return null;
    }
    this.#asking = this.#askWithEveryToken();
    try {
      return await this.#asking;
    } finally {
      this.#asking = null;
    }
  }

  // The API may be on another origin when the page comes from the front end's.
  async #askWithEveryToken() {
    const { frontend_url: frontEnd, backend_url: backEnd } = this.#config;
    const base = backEnd && location.origin === originOf(frontEnd) && location.origin !== originOf(backEnd) ? backEnd : '';
    for (let token = this.#bearer.current(); token; token = this.#bearer.current()) {
      const outcome = await askForToken(base, this.#link.appointment, token);
      if (outcome.kind !== 'signed_out') {
        return outcome;
      }
      this.#bearer.refuse(token);
    }
    return { kind: 'signed_out' };
  }

  // A token of this minute: the room may have ended since the page was opened, and is made again by asking.
  async #join() {
    this.#lobby.setJoining(true);
    let end = 'gone';
    for (let tries = 0; tries < 2 && (end === 'gone' || end === 'token'); ++tries) {
      const outcome = await this.#ask();
      if (outcome?.kind !== 'token') {
        this.#lobby.setJoining(false);
        if (outcome) {
          this.#show(outcome);
        }
        return;
      }
      end = await this.#enter(outcome);
    }
    this.#lobby.setJoining(false);
    if (end === 'joined') {
      return;
    }
    if (end === 'not_connected' || end === 'gone' || end === 'token') {
      // The devices are running and the button is where it was: no reason to send anybody away.
      const { title, text } = noticeFor({ kind: 'not_connected' });
      void this.#lobby.show({ kind: 'token' }, `${title}. ${text}`);
    } else {
      this.#show({ kind: end });
    }
  }

  async #enter({ accessToken, room }) {
    const call = new Call();
    this.#call = call;
    call.addEventListener('end', (event) => this.#ended(call, event.detail));
    try {
      await call.join(accessToken, room, this.#devices.tracks, this.#config.signalling_url);
    } catch (end) {
      this.#call = null;
      return typeof end === 'string' ? end : 'not_connected';
    }
    this.#lobby.hide();
    showScreen('call', words.call.page_waiting);
    this.#callView.show(call);
    return 'joined';
  }

  #ended(call, end) {
    if (this.#call !== call) {
      return;
    }
    this.#call = null;
    this.#callView.hide();
    if (at('devices-dialog').open) {
      at('devices-dialog').close();
    }
    this.#devices.release();
    if (end === 'token') {
      void this.#open();
    } else {
      this.#show({ kind: end });
    }
  }

  async #toggle(kind) {
    const on = !this.#devices.isOn(kind);
    await this.#devices.set(kind, on);
    await this.#publish(kind);
    const works = this.#devices.isOn(kind) === on;
    say(works ? words.device[on ? 'is_on' : 'is_off'][kind] : deviceWords(this.#devices.problems)?.join('. ') ?? '');
  }

  async #choose(kind, deviceId) {
    await this.#devices.choose(kind, deviceId);
    await this.#publish(kind);
    this.#showDialogProblem();
  }

  async #publish(kind) {
    if (this.#call && this.#devices[kind]) {
      await this.#call.publish(this.#devices[kind]);
    }
  }

  async #openDialog() {
    this.#showDialogProblem();
    at('devices-dialog').showModal();
    const all = await list();
    for (const kind of kinds) {
      fillChoices(kind, all[kind], this.#devices.deviceId(kind));
    }
  }

  #showDialogProblem() {
    const problem = deviceWords(this.#devices.problems);
    at('dialog-problem').textContent = problem?.join('. ') ?? '';
    at('dialog-problem').hidden = !problem;
  }

  // Only the way back is told, never a token.
  #signInUrl() {
    const asked = askedLanguage(location.search);
    const back = location.pathname + (asked ? `?lang=${asked}` : '');
    const base = this.#config.sign_in_url || '/login';
    return `${base}${base.includes('?') ? '&' : '?'}next=${encodeURIComponent(back)}`;
  }
}

const language = chooseLanguage(location.search, navigator.languages ?? [navigator.language ?? '']);
speak(language);
showWords(language);
await new Page(await loadConfig()).start();
