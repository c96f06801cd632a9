// The person's own camera and microphone: starts them, says why one does not start, turns them off and on,
// remembers the choice. A camera that is off is released, so that its light goes out too.

import { words } from './words.js';

const remembered = { camera: 'punctual.session.camera', microphone: 'punctual.session.microphone' };
const inputs = { camera: 'videoinput', microphone: 'audioinput' };
export const kinds = ['camera', 'microphone'];

export function isSupported() {
  return Boolean(navigator.mediaDevices?.getUserMedia && window.Twilio?.Video?.isSupported);
}

export function reasonOf(error) {
  switch (error?.name) {
    case 'NotAllowedError':
    case 'SecurityError':
      return 'refused';
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'missing';
    case 'NotReadableError':
    case 'AbortError':
      return 'busy';
    default:
      return 'other';
  }
}

function stored(kind) {
  try {
    return localStorage.getItem(remembered[kind]) ?? '';
  } catch {
    return '';
  }
}

function store(kind, deviceId) {
  try {
    localStorage.setItem(remembered[kind], deviceId);
  } catch {
    // Then it is chosen again next time.
  }
}

// "ideal": a device that was unplugged since must not keep another from starting.
function constraintsOf(kind, deviceId = stored(kind)) {
  const device = deviceId ? { deviceId: { ideal: deviceId } } : {};
  if (kind === 'microphone') {
    return { ...device, echoCancellation: true, noiseSuppression: true, autoGainControl: true };
  }
  const facing = deviceId ? {} : { facingMode: 'user' };
  return { ...device, ...facing, width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 24 } };
}

async function permissionOf(name) {
  try {
    return (await navigator.permissions.query({ name })).state;
  } catch {
    return 'unknown';
  }
}

// Whether devices can be started without a prompt; with one, the person presses a button first.
export async function isGranted() {
  const states = await Promise.all(kinds.map(permissionOf));
  return states.every((one) => one === 'granted');
}

// { camera: [{id, label}], microphone: […] }
export async function list() {
  const all = await navigator.mediaDevices.enumerateDevices().catch(() => []);
  const of = (kind) =>
    all
      .filter((one) => one.kind === inputs[kind] && one.deviceId)
      .map((one, i) => ({ id: one.deviceId, label: one.label || words.device.numbered[kind](i + 1) }));
  return { camera: of('camera'), microphone: of('microphone') };
}

// Events: "change" after anything did.
export class Devices extends EventTarget {
  camera = null; // LocalVideoTrack or null
  microphone = null; // LocalAudioTrack or null
  problems = { camera: null, microphone: null };
  started = false;
  #wanted = { camera: true, microphone: true };

  isOn(kind) {
    return this.#wanted[kind] && this[kind] !== null && !this[kind].isStopped;
  }

  get tracks() {
    return kinds.map((kind) => this[kind]).filter(Boolean);
  }

  async start() {
    this.release();
    const { Video } = window.Twilio;
    try {
      const both = await Video.createLocalTracks({
        video: constraintsOf('camera'),
        audio: constraintsOf('microphone'),
      });
      this.camera = both.find((one) => one.kind === 'video') ?? null;
      this.microphone = both.find((one) => one.kind === 'audio') ?? null;
      this.problems = { camera: null, microphone: null };
    } catch (error) {
      // Together they fail for either's sake, so each is tried alone; but after a refusal of both that would
      // only prompt again.
      const states = await Promise.all(kinds.map(permissionOf));
      if (reasonOf(error) === 'refused' && states.every((one) => one !== 'granted')) {
        this.problems = { camera: 'refused', microphone: 'refused' };
      } else {
        await this.#create('microphone');
        await this.#create('camera');
      }
    }
    this.started = true;
    for (const kind of kinds) {
      this.#watch(kind);
      if (!this.#wanted[kind]) {
        this.#turnOff(kind);
      }
    }
    this.#changed();
  }

  async set(kind, on) {
    this.#wanted[kind] = on;
    const track = this[kind];
    if (!track) {
      if (on) {
        await this.#create(kind);
        this.#watch(kind);
      }
    } else if (!on) {
      this.#turnOff(kind);
    } else {
      await this.#restart(kind);
    }
    this.#changed();
  }

  async choose(kind, deviceId) {
    store(kind, deviceId);
    if (!this[kind]) {
      await this.#create(kind);
      this.#watch(kind);
    } else if (this.#wanted[kind]) {
      await this.#restart(kind, true);
    }
    this.#changed();
  }

  // Which one is in use, as list() names it.
  deviceId(kind) {
    return this[kind]?.mediaStreamTrack.getSettings().deviceId ?? stored(kind);
  }

  release() {
    for (const kind of kinds) {
      this[kind]?.stop();
      this[kind] = null;
    }
    this.started = false;
  }

  #turnOff(kind) {
    this[kind]?.disable();
    if (kind === 'camera') {
      this[kind]?.stop();
    }
  }

  async #create(kind) {
    const { createLocalVideoTrack, createLocalAudioTrack } = window.Twilio.Video;
    const create = kind === 'camera' ? createLocalVideoTrack : createLocalAudioTrack;
    try {
      this[kind] = await create(constraintsOf(kind));
      this.problems[kind] = null;
    } catch (error) {
      this.problems[kind] = reasonOf(error);
    }
  }

  async #restart(kind, always = false) {
    const track = this[kind];
    try {
      if (always || track.isStopped) {
        await track.restart(constraintsOf(kind));
      }
      track.enable();
      this.problems[kind] = null;
    } catch (error) {
      this.problems[kind] = reasonOf(error);
    }
  }

  // Unplugged, or taken away by the system.
  #watch(kind) {
    this[kind]?.on('stopped', () => {
      if (this.#wanted[kind]) {
        queueMicrotask(() => this.#changed());
      }
    });
  }

  #changed() {
    this.dispatchEvent(new Event('change'));
  }
}
