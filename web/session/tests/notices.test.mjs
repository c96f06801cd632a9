// What the page says when there is nothing to join, or not yet.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fixture, patience } from './support/fixture.mjs';
import { bearer, granted, problem, startSite } from './support/site.mjs';

const made = fixture();
const soon = (ms) => new Date(Date.now() + ms).toISOString();

const table = [
  ['401', problem(401, 'unauthorized'), 'Please sign in first', 'key'],
  ['404', problem(404, 'not_found'), 'We can’t find this appointment', 'link'],
  ['403 of staff', problem(403, 'permission_denied'), 'This room is for two people only', 'key'],
  ['too late', problem(403, 'too_late', { opens_at: '2026-01-01T00:00:00Z' }), 'This session is over', 'clock'],
  ['cancelled', problem(409, 'appointment_closed', { appointment_status: 'cancelled' }), 'This appointment was cancelled', 'calendar'],
  ['completed', problem(409, 'appointment_closed', { appointment_status: 'completed' }), 'This session has taken place', 'check'],
  ['missed', problem(409, 'appointment_closed', { appointment_status: 'no_show' }), 'This appointment is closed', 'calendar'],
  ['in person', problem(400, 'not_telehealth'), 'This appointment is in person', 'home'],
  ['Twilio down', problem(503, 'video_unavailable', {}, { 'Retry-After': '30' }), 'The video service is not answering', 'cloud'],
  ['Twilio wrong', problem(502, 'video_unavailable', {}, { 'Retry-After': '30' }), 'The video service is not answering', 'cloud'],
  ['no answer', 'drop', 'You seem to be offline', 'wifi'],
  ['nonsense', { status: 200, body: {} }, 'Something is not right', 'cloud'],
];

for (const [i, [name, answer, title, icon]] of table.entries()) {
  const dark = i % 2 === 1;
  test(`says what ${name} means, to eyes and to ears`, async () => {
    const one = await made.open({ answers: [answer], context: { viewport: { width: 360, height: 740 }, colorScheme: dark ? 'dark' : 'light' } });
    await one.screen('notice');
    assert.equal(await one.text('#notice-title'), title);
    assert.equal(await one.focused(), 'notice-title');
    assert.ok((await one.page.title()).startsWith(title));
    assert.equal(await one.page.locator('#notice-icon').getAttribute('href'), `#i-${icon}`);
    assert.equal(await one.page.locator('#i-' + icon).count(), 1);
    if (i < 2) {
      await one.isAccessible(); // one by day, one by night: the others differ in their words
    }
    await one.close();
  });
}

test('offers the way to sign in, and back to this page', async () => {
  const one = await made.open({ link: made.site.link });
  await one.screen('notice');
  assert.equal(await one.page.locator('#notice-link').getAttribute('href'), `/login?next=${encodeURIComponent(new URL(made.site.link).pathname)}`);
  assert.deepEqual(made.site.asked, [], 'nobody is asked without a token');
  await one.close();
});

test('goes on by itself when somebody signs in in another tab', async () => {
  const one = await made.open({ link: made.site.link });
  await one.screen('notice');
  const tab = await one.page.context().newPage();
  await tab.goto(`${made.site.origin}/video-session/nothing`);
  await tab.evaluate((token) => localStorage.setItem('access_token', token), bearer);
  await one.screen('lobby');
  await one.close();
});

test('tries the token of the link when the front end’s has expired', async () => {
  const expired = bearer.replace('c2ln', 'b2xk');
  const one = await made.open({ answers: [problem(401, 'unauthorized'), granted], storage: { access_token: expired } });
  await one.screen('lobby');
  assert.deepEqual(made.site.asked, [`Bearer ${expired}`, `Bearer ${bearer}`]);
  await one.close();
});

test('keeps the token out of the address and finds it again after a reload', async () => {
  const one = await made.open();
  await one.screen('lobby');
  assert.equal(one.page.url(), made.site.link);
  await one.page.reload();
  await one.screen('lobby');
  await one.close();
});

test('asks the back end on its own origin when the page comes from the front end’s', async () => {
  const api = await startSite();
  api.answers = [granted];
  Object.assign(made.site.config, { frontend_url: made.site.origin, backend_url: api.origin });
  const one = await made.open({ answers: [problem(404, 'not_found')], hosts: [api.origin] });
  await one.screen('lobby');
  assert.deepEqual(api.asked, [`Bearer ${bearer}`]);
  assert.deepEqual(made.site.asked, []);
  await one.close();
  Object.assign(made.site.config, { frontend_url: '', backend_url: '' });
  api.close();
});

test('says that a link was cut off', async () => {
  const one = await made.open({ link: `${made.site.origin}/video-session/apt-123-17900` });
  await one.screen('notice');
  assert.equal(await one.text('#notice-title'), 'This link is not complete');
  await one.isAccessible();
  await one.close();
});

test('counts down to the opening, then shows the way in', async () => {
  const one = await made.open({ answers: [() => problem(403, 'too_early', { opens_at: soon(3500) }), granted] });
  await one.screen('lobby');
  await one.shown('#remaining', /^00:0[1-4]$/);
  assert.equal(await one.page.locator('#join').isVisible(), false);
  assert.match(await one.text('#early-when'), /It opens today at /);
  await one.isAccessible();
  await one.page.locator('#join').waitFor();
  assert.equal(await one.page.locator('#early').isVisible(), false);
  await one.shown('#status', 'The room is open. You can join now.');
  assert.equal(made.site.asked.length, 2);
  await one.close();
});

test('asks once a second, not in a rush, when the opening has come and the server says not yet', async () => {
  const yet = problem(403, 'too_early', { opens_at: soon(-500) });
  const begun = Date.now();
  const one = await made.open({ answers: [yet, yet, granted] });
  await one.page.locator('#join').waitFor();
  assert.ok(Date.now() - begun > 2000);
  assert.equal(made.site.asked.length, 3);
  await one.close();
});

test('counts by the server’s clock, not by a wrong one of the machine', async () => {
  const ahead = 3_600_000;
  const date = new Date(Date.now() + ahead).toUTCString();
  const one = await made.open({ answers: [problem(403, 'too_early', { opens_at: soon(ahead + 120_000) }, { Date: date })] });
  await one.screen('lobby');
  await one.shown('#remaining', /^0[12]:\d\d$/);
  await one.close();
});

test('tries again after Retry-After, without being asked', async () => {
  const one = await made.open({ answers: [problem(503, 'video_unavailable', {}, { 'Retry-After': '1' }), granted] });
  await one.screen('lobby');
  assert.equal(made.site.asked.length, 2);
  await one.close();
});

test('tries again at once when the network is back', async () => {
  const one = await made.open({ answers: ['drop'] });
  await one.screen('notice');
  made.site.answers = [granted];
  await one.page.evaluate(() => window.dispatchEvent(new Event('online')));
  await one.screen('lobby');
  await one.close();
});

test('tells of another notice on the same screen', async () => {
  const one = await made.open({ answers: [problem(503, 'video_unavailable', {}, { 'Retry-After': '60' }), problem(404, 'not_found')] });
  await one.shown('#notice-title', 'The video service is not answering');
  await one.page.locator('#notice-action').click();
  await one.shown('#notice-title', 'We can’t find this appointment');
  assert.equal(await one.focused(), 'notice-title');
  await one.close();
});

test('reloads nothing and asks once when the button is pressed twice', async () => {
  const one = await made.open({ answers: [problem(503, 'video_unavailable', {}, { 'Retry-After': '60' }), granted] });
  await one.screen('notice');
  await one.page.locator('#notice-action').dblclick({ timeout: patience }).catch(() => {});
  await one.screen('lobby');
  assert.equal(made.site.asked.length, 2);
  await one.close();
});

test('speaks Vietnamese to a browser that asks for it, names of buttons and of pictures too', async () => {
  const one = await made.open({ answers: [problem(403, 'too_early', { opens_at: soon(600_000) })], context: { locale: 'vi-VN', viewport: { width: 360, height: 740 } } });
  await one.screen('lobby');
  assert.equal(await one.text('#lobby-title'), 'Quý vị đến sớm');
  assert.equal(await one.page.getAttribute('html', 'lang'), 'vi-VN');
  assert.equal(await one.page.title(), 'Quý vị đến sớm · Buổi hẹn qua video');
  assert.match(await one.text('#early-when'), /^Phòng mở hôm nay lúc|^Phòng mở lúc/);
  assert.equal(await one.page.getAttribute('#preview', 'aria-label'), 'Hình từ máy quay của quý vị');
  assert.equal(await one.page.getAttribute('.controls', 'aria-label'), 'Điều khiển cuộc gọi');
  await one.isAccessible();
  await one.close();
});

test('speaks the language that the address names, and keeps it on the way to the sign-in', async () => {
  const one = await made.open({ link: `${made.site.link}?lang=vi` });
  await one.screen('notice');
  assert.equal(await one.text('#notice-title'), 'Xin đăng nhập trước');
  assert.equal(await one.text('#notice-link'), 'Đăng nhập');
  assert.equal(await one.page.locator('#notice-link').getAttribute('href'), `/login?next=${encodeURIComponent(`${new URL(made.site.link).pathname}?lang=vi`)}`);
  await one.close();
});
