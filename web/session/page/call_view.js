// The call on the screen: the other person's picture and sound, one's own picture, what is wrong just now.

import { at, fitVideo, say, titled } from './view.js';
import { words } from './words.js';

function swap(element, before, now) {
  if (before !== now) {
    before?.detach(element);
    now?.attach(element);
  }
}

export class CallView {
  #devices;
  #call = null;
  #video = null;
  #audio = null;
  #state = '';
  #reconnecting = false;
  #wakeLock = null;

  constructor(devices) {
    this.#devices = devices;
    devices.addEventListener('change', () => this.#showSelf());
    const fit = () => fitVideo(at('other-video'), at('stage'));
    at('other-video').addEventListener('resize', fit);
    window.addEventListener('resize', fit);
    document.addEventListener('visibilitychange', () => this.#stayAwake());
  }

  show(call) {
    this.#call = call;
    this.#state = '';
    this.#reconnecting = false;
    call.addEventListener('people', () => this.#showPeople());
    call.addEventListener('reconnecting', () => {
      this.#reconnecting = true;
      this.#showPeople();
    });
    call.addEventListener('reconnected', () => {
      this.#reconnecting = false;
      say(words.call.reconnected);
      this.#showPeople();
    });
    this.#showPeople();
    this.#showSelf();
    this.#stayAwake();
  }

  hide() {
    this.#call = null;
    swap(at('other-video'), this.#video, null);
    swap(at('other-audio'), this.#audio, null);
    this.#video = this.#audio = null;
    void this.#wakeLock?.release().catch(() => {});
    this.#wakeLock = null;
  }

  // A phone that darkens in the middle of a sentence would end the picture.
  async #stayAwake() {
    if (this.#call && document.visibilityState === 'visible') {
      this.#wakeLock = await navigator.wakeLock?.request('screen').catch(() => null);
    }
  }

  #showPeople() {
    if (!this.#call) {
      return;
    }
    const other = this.#call.other;
    at('call').dataset.state = this.#call.state;
    swap(at('other-video'), this.#video, other?.video ?? null);
    swap(at('other-audio'), this.#audio, other?.audio ?? null);
    this.#video = other?.video ?? null;
    this.#audio = other?.audio ?? null;
    at('other-video').classList.toggle('off', !other?.hasVideo);
    at('alone').hidden = Boolean(other?.hasVideo);
    at('alone-title').textContent = other ? words.call.no_video : words.call.alone_title;
    at('alone-text').textContent = other
      ? other.hasAudio ? words.call.only_sound : words.call.no_sound
      : words.call.alone_text;
    at('other-muted').hidden = !other?.hasVideo || other.hasAudio;
    this.#banner(other);
    this.#announce(other);
  }

  #banner(other) {
    const text = this.#reconnecting
      ? words.call.reconnecting
      : other?.reconnecting
        ? words.call.they_weak
        : this.#call.weakNetwork
          ? words.call.weak
          : '';
    if (text && at('banner-text').textContent !== text) {
      say(text);
    }
    at('banner-text').textContent = text;
    at('banner').hidden = !text;
  }

  #announce(other) {
    const state = other ? 'together' : 'alone';
    if (state !== this.#state) {
      const first = this.#state === '';
      this.#state = state;
      say(other ? words.call.came : first ? words.call.first_alone : words.call.went);
      document.title = other ? words.call.title : titled(words.call.page_waiting);
    }
  }

  #showSelf() {
    const on = this.#devices.isOn('camera');
    at('self').dataset.camera = on ? 'on' : 'off';
    at('self').dataset.microphone = this.#devices.isOn('microphone') ? 'on' : 'off';
    if (on) {
      this.#devices.camera.attach(at('self-video'));
    }
  }
}
