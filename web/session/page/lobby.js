// The room before the room: preview, level, choice of devices, and either the button to join or how long it
// still takes until there is one.

import { Countdown } from './countdown.js';
import { isGranted, kinds, list } from './devices.js';
import { Meter } from './meter.js';
import { at, fillChoices, makeBars, say, setBusy, setIcon, showLevel, showScreen, showToggle, shows } from './view.js';
import { deviceWords, remainingSpoken, remainingText, whenText, words } from './words.js';

const bars = 14;
const audible = 0.35;
const leastWait = 1000;

export class Lobby {
  #devices;
  #on;
  #meter = new Meter();
  #countdown = new Countdown();
  #metered = null;
  #starting = false;
  #heard = false;
  #spoken = '';

  // on: { join(), opens() }
  constructor(devices, on) {
    this.#devices = devices;
    this.#on = on;
    makeBars(bars);
    at('start-devices').addEventListener('click', () => this.start());
    at('retry-devices').addEventListener('click', () => this.start());
    at('join').addEventListener('click', () => {
      if (at('join').getAttribute('aria-disabled') !== 'true') {
        this.#on.join();
      }
    });
    devices.addEventListener('change', () => this.#refresh());
    navigator.mediaDevices?.addEventListener?.('devicechange', () => this.#fill());
  }

  // outcome: token or too_early. `problem` says why the last try to join failed.
  async show(outcome, problem = '') {
    const early = outcome.kind === 'too_early';
    if (!early && !at('early').hidden) {
      say(words.lobby.opened);
    }
    at('early').hidden = !early;
    at('join-part').hidden = early;
    at('lobby-title').textContent = early ? words.lobby.early_title : words.lobby.title;
    at('lobby-text').textContent = early ? words.lobby.early_text : words.lobby.text;
    this.setJoining(false);
    at('join-problem').textContent = problem;
    at('join-problem').hidden = !problem;
    showScreen('lobby', early ? words.lobby.early_title : words.lobby.page);
    if (early) {
      this.#count(outcome);
    } else {
      this.#countdown.stop();
    }
    if (this.#devices.started) {
      this.#refresh();
    } else if (await isGranted()) {
      await this.start();
    } else {
      this.#refresh();
    }
  }

  hide() {
    this.#countdown.stop();
    this.#meter.stop();
    this.#metered = null;
  }

  setJoining(busy) {
    setBusy(at('join'), busy);
    at('join-label').textContent = busy ? words.lobby.joining : words.lobby.join;
  }

  async start() {
    if (this.#starting) {
      return;
    }
    this.#starting = true;
    this.#refresh();
    await this.#devices.start();
    this.#starting = false;
    this.#refresh();
    if (!deviceWords(this.#devices.problems)) {
      say(words.lobby.started);
    }
  }

  #count({ opensAt, clockOffset }) {
    this.#spoken = '';
    at('early-when').textContent = words.lobby.opens_at(whenText(opensAt, Date.now() + clockOffset));
    // Its text has whole seconds and the clocks differ a little: when it is still too early at that instant, the
    // next question waits.
    const until = Math.max(opensAt, Date.now() + clockOffset + leastWait);
    this.#countdown.start(
      until,
      clockOffset,
      (left) => {
        at('remaining').textContent = remainingText(left);
        // Not every second: at the start, and at five minutes and one.
        const step = this.#spoken === '' ? 'start' : left < 60_000 ? 'one' : left < 300_000 ? 'five' : 'start';
        if (left > 0 && step !== this.#spoken) {
          this.#spoken = step;
          say(words.lobby.opens_in_spoken(remainingSpoken(left)));
        }
      },
      () => this.#on.opens(),
    );
  }

  #refresh() {
    for (const kind of kinds) {
      showToggle(kind, this.#devices.isOn(kind));
    }
    if (!shows('lobby')) {
      return;
    }
    const { camera, microphone, started, problems } = this.#devices;
    const cameraOn = this.#devices.isOn('camera');
    const preview = at('preview');
    if (cameraOn) {
      camera.attach(preview);
    }
    at('preview-cover').hidden = cameraOn;
    setIcon(at('preview-icon'), started && !cameraOn ? 'cam-off' : 'cam');
    at('preview-text').textContent = this.#starting
      ? words.lobby.waiting
      : started
        ? problems.camera ? words.lobby.no_picture : words.lobby.camera_off
        : words.lobby.ready;
    at('start-devices').hidden = started || this.#starting;
    at('permission-note').hidden = started;
    at('permission-note').textContent = this.#starting
      ? words.lobby.asks
      : words.lobby.will_ask;
    at('lobby-toggles').hidden = !started;
    for (const kind of kinds) {
      document.querySelector(`#lobby-toggles [data-toggle="${kind}"]`).hidden = !this.#devices[kind];
    }
    at('level').hidden = !microphone;
    this.#listen(this.#devices.isOn('microphone') ? microphone.mediaStreamTrack : null);
    const problem = started ? deviceWords(problems) : null;
    at('device-problem').hidden = !problem;
    if (problem && at('device-problem-title').textContent !== problem[0]) {
      [at('device-problem-title').textContent, at('device-problem-text').textContent] = problem;
    }
    at('join-note').textContent =
      started || this.#starting
        ? words.lobby.join_note
        : words.lobby.join_without;
    this.#fill();
  }

  async #fill() {
    if (!this.#devices.started) {
      at('device-fields').hidden = true;
      return;
    }
    const all = await list();
    for (const kind of kinds) {
      fillChoices(kind, all[kind], this.#devices.deviceId(kind));
    }
    at('device-fields').hidden = all.camera.length + all.microphone.length === 0;
  }

  #listen(track) {
    if (track === this.#metered) {
      return;
    }
    this.#metered = track;
    this.#heard = false;
    at('heard').textContent = track ? words.lobby.say_something : words.lobby.microphone_off;
    if (!track) {
      this.#meter.stop();
      showLevel(0);
      return;
    }
    this.#meter.start(track, (level) => {
      showLevel(level);
      if (!this.#heard && level > audible) {
        this.#heard = true;
        at('heard').textContent = words.lobby.heard;
      }
    });
  }
}
