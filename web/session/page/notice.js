// A page with one message, and at most one thing to do. What passes by itself is tried again by itself.

import { Countdown } from './countdown.js';
import { at, setIcon, showScreen } from './view.js';
import { noticeFor, words } from './words.js';

const offlineWait = 10;

export class Notice {
  #on;
  #signInUrl;
  #countdown = new Countdown();
  #action = 'none';

  // on: { retry(), lobby() }
  constructor(signInUrl, on) {
    this.#signInUrl = signInUrl;
    this.#on = on;
    at('notice-action').addEventListener('click', () => this.#act());
    window.addEventListener('online', () => {
      if (this.#action === 'retry' && document.body.dataset.screen === 'notice') {
        this.#act();
      }
    });
  }

  show(outcome) {
    const notice = noticeFor(outcome);
    this.#action = notice.action;
    setIcon(at('notice-icon'), notice.icon);
    at('notice-title').textContent = notice.title;
    at('notice-text').textContent = notice.text;
    at('notice-action').hidden = notice.action !== 'retry' && notice.action !== 'lobby';
    at('notice-action').textContent = notice.label ?? words.page.retry;
    at('notice-link').hidden = notice.action !== 'sign_in';
    if (notice.action === 'sign_in') {
      at('notice-link').href = this.#signInUrl();
    }
    showScreen('notice', notice.title);
    if (at('notice').dataset.kind !== outcome.kind) {
      // Another one on the same screen: nothing else would tell of it.
      at('notice').dataset.kind = outcome.kind;
      at('notice-title').focus({ preventScroll: true });
    }
    this.#countdown.stop();
    at('notice-retry').hidden = notice.action !== 'retry';
    if (notice.action === 'retry') {
      this.#retryIn(outcome.retryAfter ?? notice.wait ?? offlineWait);
    }
  }

  hide() {
    this.#countdown.stop();
    this.#action = 'none';
  }

  #retryIn(seconds) {
    this.#countdown.start(
      Date.now() + seconds * 1000,
      0,
      (left) => {
        at('notice-retry').textContent = words.page.retry_in(Math.ceil(left / 1000));
      },
      () => this.#act(),
    );
  }

  #act() {
    this.#countdown.stop();
    if (this.#action === 'retry') {
      at('notice-retry').textContent = words.page.retrying;
      this.#on.retry();
    } else {
      this.#on.lobby();
    }
  }
}
