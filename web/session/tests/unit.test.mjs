// What needs no browser.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { retryAfter, understand } from '../page/api.js';
import { BearerSource } from '../page/bearer.js';
import { endOf } from '../page/call.js';
import { readLink } from '../page/link.js';
import { chooseLanguage, deviceWords, languages, noticeFor, remainingSpoken, remainingText, speak, whenText } from '../page/words.js';

const token = 'aaa.bbb.ccc';
const other = 'ddd.eee.fff';

test('the room’s name tells the appointment', () => {
  assert.deepEqual(readLink('/video-session/apt-123-1790000000-abc123de'), { room: 'apt-123-1790000000-abc123de', appointment: '123' });
  assert.equal(readLink('/video-session/apt-9223372036854775807-1790000000-abc123de/').appointment, '9223372036854775807');
});

test('what is no room’s name is no link', () => {
  for (const path of ['/video-session/', '/video-session/apt-12', '/video-session/apt-x-1-abc123de', '/video-session/apt-1-1-ABC123DE', '/video-session/apt-1-1-abc123d', '/video-session/apt-1-1-abc123de0', '/video-session/%61pt-1-1-abc123de']) {
    assert.equal(readLink(path), null, path);
  }
});

function fakeWindow({ hash = '', local = {}, session = {} } = {}) {
  const storage = (values) => ({
    values,
    getItem: (key) => values[key] ?? null,
    setItem: (key, value) => (values[key] = value),
    removeItem: (key) => delete values[key],
  });
  const made = {
    location: { hash, pathname: '/video-session/x', search: '?a=1' },
    history: { state: null, replaced: null, replaceState: (_, __, url) => (made.history.replaced = url) },
    localStorage: storage(local),
    sessionStorage: storage(session),
    addEventListener: () => {},
  };
  return made;
}

test('a token in the fragment is taken, kept for a reload, and leaves the address bar', () => {
  const where = fakeWindow({ hash: `#token=${token}` });
  const source = new BearerSource('access_token', where);
  assert.equal(source.current(), token);
  assert.equal(where.history.replaced, '/video-session/x?a=1');
  assert.equal(new BearerSource('access_token', { ...where, location: { hash: '' } }).current(), token);
});

test('what is no token in the fragment leaves the address bar too', () => {
  const where = fakeWindow({ hash: '#token=<script>' });
  assert.equal(new BearerSource('access_token', where).current(), null);
  assert.equal(where.history.replaced, '/video-session/x?a=1');
});

test('the front end’s token is found in either storage, quoted or with its scheme', () => {
  for (const stored of [token, `"${token}"`, `Bearer ${token}`]) {
    assert.equal(new BearerSource('jwt', fakeWindow({ local: { jwt: stored } })).current(), token);
    assert.equal(new BearerSource('jwt', fakeWindow({ session: { jwt: stored } })).current(), token);
  }
});

test('a link does not make a signed-in person somebody else', () => {
  const where = fakeWindow({ hash: `#token=${token}`, local: { access_token: other } });
  assert.equal(new BearerSource('access_token', where).current(), other);
});

test('a refused token is not offered again, another one is', () => {
  const where = fakeWindow({ hash: `#token=${token}`, local: { access_token: other } });
  const source = new BearerSource('access_token', where);
  source.refuse(other);
  assert.equal(source.current(), token);
  source.refuse(token);
  assert.equal(source.current(), null);
});

test('a browser that forbids storage leaves the person signed out, not the page broken', () => {
  const where = fakeWindow();
  Object.defineProperty(where, 'localStorage', { get: () => { throw new Error('SecurityError'); } });
  assert.equal(new BearerSource('access_token', where).current(), null);
});

test('every answer of the token route has its kind', () => {
  const none = { get: () => null };
  const kind = (status, body) => understand(status, body, none).kind;
  assert.equal(kind(200, { access_token: 'x', room_name: 'y' }), 'token');
  assert.equal(kind(200, null), 'broken');
  assert.equal(kind(400, { code: 'not_telehealth' }), 'in_person');
  assert.equal(kind(401, null), 'signed_out');
  assert.equal(kind(403, { code: 'too_early', opens_at: '2026-11-23T08:30:00Z' }), 'too_early');
  assert.equal(kind(403, { code: 'too_late' }), 'too_late');
  assert.equal(kind(403, { code: 'permission_denied' }), 'not_yours');
  assert.equal(kind(404, {}), 'not_found');
  assert.equal(kind(409, { appointment_status: 'cancelled' }), 'closed');
  assert.equal(kind(502, null), 'unavailable');
  assert.equal(kind(503, null), 'unavailable');
  assert.equal(kind(418, null), 'broken');
});

test('Retry-After is read as seconds or as a date, and bounded', () => {
  assert.equal(retryAfter('7'), 7);
  assert.equal(retryAfter('0'), 1);
  assert.equal(retryAfter('86400'), 300);
  assert.equal(retryAfter('Mon, 23 Nov 2026 08:30:05 GMT', Date.parse('2026-11-23T08:30:00Z')), 5);
  assert.equal(retryAfter(null), 10);
  assert.equal(retryAfter('soon'), 10);
});

test('what is left is told in words that fit its size', () => {
  assert.equal(remainingText(0), '00:00');
  assert.equal(remainingText(59_001), '01:00');
  assert.equal(remainingText(3_599_000), '59:59');
  assert.equal(remainingText(3_600_000), '1 h 00 min');
  assert.equal(remainingText(90_000_000), '1 day 1 h');
  assert.equal(remainingText(2 * 86_400_000), '2 days 0 h');
  assert.equal(remainingSpoken(40_000), 'one minute');
  assert.equal(remainingSpoken(300_000), '5 minutes');
});

test('the day stands there unless it is today', () => {
  const now = new Date(2026, 10, 23, 9, 0).getTime();
  assert.match(whenText(new Date(2026, 10, 23, 14, 30).getTime(), now), /^today at 2:30/);
  assert.match(whenText(new Date(2026, 10, 24, 14, 30).getTime(), now), /Tuesday.*24 November.*2:30/);
});

test('every end of a call has its word', () => {
  assert.equal(endOf(undefined, true), 'ended');
  assert.equal(endOf({ code: 53118 }, true), 'ended');
  assert.equal(endOf({ code: 53205 }, true), 'duplicate');
  assert.equal(endOf({ code: 53001 }, true), 'connection_lost');
  assert.equal(endOf({ code: 53000 }, true), 'connection_lost');
  assert.equal(endOf({ code: 20104 }, true), 'token');
  assert.equal(endOf({ code: 99999 }, true), 'connection_lost');
  assert.equal(endOf({ code: 53106 }, false), 'gone');
  assert.equal(endOf({ code: 53118 }, false), 'gone');
  assert.equal(endOf({ code: 53105 }, false), 'full');
  assert.equal(endOf(new TypeError('x'), false), 'not_connected');
});

test('every notice has a title, a text and an icon; an unknown kind gets one too', () => {
  for (const kind of ['bad_link', 'signed_out', 'not_found', 'not_yours', 'too_late', 'in_person', 'unavailable', 'offline', 'broken', 'unsupported', 'left', 'ended', 'duplicate', 'full', 'connection_lost', 'not_connected', 'never heard of']) {
    const { title, text, icon, action } = noticeFor({ kind });
    assert.ok(title && text && icon && action, kind);
  }
  assert.match(noticeFor({ kind: 'closed', status: 'cancelled' }).title, /cancelled/);
  assert.match(noticeFor({ kind: 'closed', status: 'new' }).title, /closed/);
});

test('two different reasons of two devices make one sentence', () => {
  assert.equal(deviceWords({ camera: null, microphone: null }), null);
  assert.match(deviceWords({ camera: 'refused', microphone: 'refused' })[0], /blocked/);
  assert.match(deviceWords({ camera: 'missing', microphone: 'refused' })[0], /do not start/);
});

// 'closed.cancelled.title' → its text, or its function.
function flat(words, path = '') {
  return Object.entries(words).flatMap(([key, value]) =>
    typeof value === 'object' ? flat(value, `${path}${key}.`) : [[`${path}${key}`, value]],
  );
}

test('every language has the same words, each with the same blanks to fill', () => {
  const shape = (words) => flat(words).map(([key, value]) => [key, typeof value, value.length * (typeof value === 'function')]).sort();
  for (const [language, words] of Object.entries(languages)) {
    assert.deepEqual(shape(words), shape(languages.en), language);
  }
});

test('no words are missing, and none were left in English', () => {
  const english = new Map(flat(languages.en));
  for (const [language, words] of Object.entries(languages)) {
    for (const [key, value] of flat(words)) {
      const text = typeof value === 'function' ? value(2, 3) : value;
      assert.ok(text.trim() && !text.includes('undefined'), `${language} ${key}`);
      assert.ok(language === 'en' || typeof value === 'function' || value !== english.get(key), `${language} ${key}`);
    }
  }
});

test('every word of the document has its place in the languages', () => {
  const html = readFileSync(new URL('../page/index.html', import.meta.url), 'utf8');
  const english = new Map(flat(languages.en));
  const plain = (text) => text.replace(/\s+/g, ' ').trim();
  for (const [, key, text] of html.matchAll(/data-words="([^"]+)"[^>]*>([^<]*)</g)) {
    assert.equal(plain(text), english.get(key), key);
  }
  for (const [, text, key] of html.matchAll(/aria-label="([^"]+)" data-label="([^"]+)"/g)) {
    assert.equal(text, english.get(key), key);
  }
  assert.equal(html.match(/aria-label=/g).length, html.match(/data-label=/g).length);
  // Whatever else stands there is filled in by the page, or is for browsers without JavaScript, in both languages.
  const body = html.slice(html.indexOf('<body')).replace(/<noscript>[^]*<\/noscript>/, '');
  const bare = [...body.matchAll(/<([a-z0-9]+)([^>]*)>([^<]*[\p{L}][^<]*)</gu)].filter(([, , attributes]) => !attributes.includes('data-words='));
  assert.deepEqual(bare.map(([all]) => all), []);
});

test('the address chooses the language, else the browser does, else it is English', () => {
  assert.equal(chooseLanguage('?lang=vi', ['en-AU']), 'vi');
  assert.equal(chooseLanguage('?lang=vi-VN', []), 'vi');
  assert.equal(chooseLanguage('?lang=tlh', ['vi']), 'vi');
  assert.equal(chooseLanguage('', ['fr-FR', 'vi-VN', 'en']), 'vi');
  assert.equal(chooseLanguage('', ['en-AU', 'vi']), 'en');
  assert.equal(chooseLanguage('?lang=constructor', ['__proto__']), 'en');
  assert.equal(chooseLanguage('', []), 'en');
});

test('what is chosen is spoken, dates too', () => {
  speak('vi');
  assert.equal(noticeFor({ kind: 'closed', status: 'cancelled' }).title, 'Cuộc hẹn này đã được hủy');
  assert.equal(remainingText(90_000_000), '1 ngày 1 giờ');
  assert.match(whenText(new Date(2026, 10, 24, 14, 30).getTime(), new Date(2026, 10, 23).getTime()), /14:30.*Thứ Ba.*24 tháng 11/);
  speak('en');
  assert.match(noticeFor({ kind: 'closed', status: 'cancelled' }).title, /cancelled/);
});
