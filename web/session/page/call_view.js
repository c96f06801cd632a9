// The call on the screen: the other person's picture and sound, one's own picture, what is wrong just now.

import { at, fitVideo, say } from './view.js';

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
      say('You are connected again.');
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
    at('alone-title').textContent = other ? 'Their camera is off' : 'You are in the room';
    at('alone-text').textContent = other
      ? other.hasAudio ? 'You can still hear each other.' : 'Their microphone is off too.'
      : 'The other person is not here yet. They come in as soon as they open the link.';
    at('other-muted').hidden = !other?.hasVideo || other.hasAudio;
    this.#banner(other);
    this.#announce(other);
  }

  #banner(other) {
    const text = this.#reconnecting
      ? 'Reconnecting… please hold on'
      : other?.reconnecting
        ? 'Their connection is weak, waiting for them…'
        : this.#call.weakNetwork
          ? 'Your connection is weak. Turning your camera off helps.'
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
      say(other ? 'The other person is in the room.' : first ? 'You are in the room. The other person is not here yet.' : 'The other person has left.');
      document.title = other ? 'In your session' : 'Waiting in the room · Video session';
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
