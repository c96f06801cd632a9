// The document: finds its elements, shows one screen at a time, and says to screen readers what changes.

import { words } from './words.js';

export const at = (id) => document.getElementById(id);

const screens = ['loading', 'lobby', 'call', 'notice'];

export function shows(screen) {
  return document.body.dataset.screen === screen;
}

// What a tab or a history list shows: the screen, then what all this is.
export const titled = (title) => `${title} · ${words.page.title}`;

// The document comes in English; `data-words` and `data-label` name the words of an element and its accessible name.
export function showWords(language) {
  const find = (path) => path.split('.').reduce((all, key) => all[key], words);
  document.documentElement.lang = words.locale;
  document.body.dataset.language = language;
  document.title = words.page.title;
  for (const one of document.querySelectorAll('[data-words]')) {
    one.textContent = find(one.dataset.words);
  }
  for (const one of document.querySelectorAll('[data-label]')) {
    one.setAttribute('aria-label', find(one.dataset.label));
  }
}

// The heading gets the focus, so that a keyboard or a screen reader starts where the eyes do.
export function showScreen(name, title) {
  const changed = !shows(name);
  for (const one of screens) {
    at(one).hidden = one !== name;
  }
  document.body.dataset.screen = name;
  document.title = titled(title);
  if (changed) {
    window.scrollTo(0, 0);
    at(`${name}-title`).focus({ preventScroll: true });
  }
}

// Politely, after what is being read. The same words again are said again.
export function say(text) {
  const status = at('status');
  status.textContent = '';
  setTimeout(() => {
    status.textContent = text;
  }, 50);
}

export function setIcon(use, name) {
  use.setAttribute('href', `#i-${name}`);
}

export function showHelp({ clinic_phone: phone, clinic_email: email }) {
  const ways = [];
  const link = (href, text) => {
    const a = document.createElement('a');
    a.href = href;
    a.textContent = text;
    return a;
  };
  if (phone) {
    ways.push([`${words.page.help_call} `, link(`tel:${phone.replace(/[^+\d]/g, '')}`, phone)]);
  }
  if (email) {
    ways.push([`${ways.length ? words.page.help_or_write : words.page.help_write} `, link(`mailto:${email}`, email)]);
  }
  at('help-ways').replaceChildren(...ways.flatMap((way, i) => (i ? [' ', ...way] : way)));
  at('help').hidden = ways.length === 0;
}

const toggleIcons = { microphone: ['mic', 'mic-off'], camera: ['cam', 'cam-off'] };

// Every switch of that device, in the lobby and in the call. The words name what pressing it does.
export function showToggle(kind, on) {
  const icon = toggleIcons[kind][on ? 0 : 1];
  const text = words.device[on ? 'switch_off' : 'switch_on'][kind];
  for (const button of document.querySelectorAll(`[data-toggle="${kind}"]`)) {
    button.dataset.on = String(on);
    setIcon(button.querySelector('use'), icon);
    button.querySelector('.label, .hidden-text').textContent = text;
  }
}

export function fillChoices(kind, devices, chosen) {
  for (const select of document.querySelectorAll(`[data-choice="${kind}"]`)) {
    select.replaceChildren(...devices.map(({ id, label }) => new Option(label, id, false, id === chosen)));
    select.closest('.field').hidden = devices.length === 0;
  }
}

export function makeBars(count) {
  at('bars').replaceChildren(...Array.from({ length: count }, () => document.createElement('i')));
}

export function showLevel(level) {
  const bars = at('bars').children;
  const lit = Math.round(level * bars.length);
  for (let i = 0; i < bars.length; ++i) {
    bars[i].className = i < lit ? 'lit' : '';
  }
}

export function setBusy(button, busy) {
  if (busy) {
    button.setAttribute('aria-disabled', 'true');
  } else {
    button.removeAttribute('aria-disabled');
  }
}

// A picture is cropped to fill the stage unless too much of a person would be lost.
export function fitVideo(video, stage) {
  const { videoWidth: w, videoHeight: h } = video;
  const { clientWidth: sw, clientHeight: sh } = stage;
  if (w && h && sw && sh) {
    const ratio = w / h / (sw / sh);
    video.classList.toggle('whole', Math.min(ratio, 1 / ratio) < 0.7);
  }
}
