// What the page says, in the language of who reads it. The sentences are in words_en.js and words_vi.js; here is which
// of them is said when. A notice is { icon, title, text, action, label }; `action` names what its button does: retry,
// sign_in, lobby, none.

import { en } from './words_en.js';
import { vi } from './words_vi.js';

export const languages = { en, vi };

// `?lang=vi` counts, else the first of the browser's languages that there is; "vi-VN" is Vietnamese too.
export function chooseLanguage(search, preferred) {
  return askedLanguage(search) ?? preferred.map(known).find(Boolean) ?? 'en';
}

// Of the address alone; null when it names none that there is.
export function askedLanguage(search) {
  return known(new URLSearchParams(search).get('lang') ?? '');
}

function known(tag) {
  const primary = tag.toLowerCase().split(/[-_]/)[0];
  return Object.hasOwn(languages, primary) ? primary : null;
}

// Said everywhere until another is chosen.
export let words = en;

export function speak(language) {
  words = languages[language] ?? en;
}

const zoned = { weekday: 'long', day: 'numeric', month: 'long', hour: 'numeric', minute: '2-digit', timeZoneName: 'short' };

export function whenText(time, now) {
  const at = new Date(time);
  const sameDay = at.toDateString() === new Date(now).toDateString();
  const { weekday, day, month, ...clock } = zoned;
  const text = new Intl.DateTimeFormat(words.locale, sameDay ? clock : zoned).format(at);
  return sameDay ? words.time.today(text) : text;
}

// 12:34 in the last hour, then coarser.
export function remainingText(ms) {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  const two = (n) => String(n).padStart(2, '0');
  if (seconds < 3600) {
    return `${two(Math.floor(seconds / 60))}:${two(seconds % 60)}`;
  }
  const minutes = Math.floor(seconds / 60);
  if (seconds < 86_400) {
    return words.time.hours_minutes(Math.floor(minutes / 60), two(minutes % 60));
  }
  return words.time.days_hours(Math.floor(seconds / 86_400), Math.floor((seconds % 86_400) / 3600));
}

export function remainingSpoken(ms) {
  const minutes = Math.ceil(ms / 60_000);
  return minutes > 120 ? words.time.spoken_hours(Math.round(minutes / 60)) : words.time.spoken_minutes(minutes);
}

const closedIcons = { cancelled: 'calendar', completed: 'check', no_show: 'calendar', closed: 'calendar' };

const notices = {
  bad_link: { icon: 'link' },
  signed_out: { icon: 'key', action: 'sign_in' },
  not_found: { icon: 'link', action: 'sign_in' },
  not_yours: { icon: 'key' },
  too_late: { icon: 'clock' },
  in_person: { icon: 'home' },
  unavailable: { icon: 'cloud', action: 'retry' },
  offline: { icon: 'wifi', action: 'retry' },
  broken: { icon: 'cloud', action: 'retry', wait: 30 },
  unsupported: { icon: 'browser' },
  left: { icon: 'wave', action: 'lobby' },
  ended: { icon: 'check', action: 'lobby' },
  duplicate: { icon: 'screens', action: 'lobby' },
  full: { icon: 'people', action: 'lobby' },
  connection_lost: { icon: 'wifi', action: 'lobby' },
  not_connected: { icon: 'wifi', action: 'lobby' },
};

export function noticeFor(outcome) {
  if (outcome.kind === 'closed') {
    const status = Object.hasOwn(closedIcons, outcome.status) ? outcome.status : 'closed';
    return { action: 'none', icon: closedIcons[status], ...words.closed[status] };
  }
  const kind = Object.hasOwn(notices, outcome.kind) ? outcome.kind : 'broken';
  return { action: 'none', ...notices[kind], ...words.notices[kind] };
}

// Of { camera, microphone }: each a reason or null. null when both work.
export function deviceWords(problems) {
  const { camera, microphone } = problems;
  if (camera && microphone) {
    return words.devices[camera === microphone ? camera : 'other'].both;
  }
  if (camera) {
    return words.devices[camera].camera;
  }
  return microphone ? words.devices[microphone].microphone : null;
}
