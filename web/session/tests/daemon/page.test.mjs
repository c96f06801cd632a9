// The page as the daemon serves it, with the tokens and refusals of the daemon. Started by
// tests/system/session_page_test.cpp, which says in PUNCTUAL_CLINIC where everything is.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch } from '../support/browser.mjs';
import { startSignalling } from '../support/signalling.mjs';

const clinic = JSON.parse(process.env.PUNCTUAL_CLINIC);
const patience = 30_000;
let browser;
let signalling;

before(async () => {
  signalling = await startSignalling(clinic.signalling);
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await signalling?.close();
});

async function open(path, bearer) {
  const context = await browser.newContext();
  context.setDefaultTimeout(patience);
  const page = await context.newPage();
  const errors = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => message.type() === 'error' && /Security Policy/.test(message.text()) && errors.push(message.text()));
  const answer = await page.goto(`${clinic.origin}${path}${bearer ? `#token=${bearer}` : ''}`);
  return { page, answer, errors, close: () => context.close() };
}

async function refused(path, bearer, title) {
  const one = await open(path, bearer);
  await one.page.locator('body[data-screen="notice"]').waitFor();
  assert.equal(await one.page.locator('#notice-title').innerText(), title);
  assert.deepEqual(one.errors, []);
  await one.close();
}

for (const who of ['patient', 'psychologist']) {
  test(`joins with the daemon's token: the ${who}`, async () => {
    const one = await open(`/video-session/${clinic.room}`, clinic.bearers[who]);
    assert.equal(one.answer.status(), 200);
    assert.match(one.answer.headers()['content-security-policy'], /default-src 'none'/);
    await one.page.locator('#join').click();
    await one.page.locator('body[data-screen="call"]').waitFor();
    assert.equal(await one.page.locator('#call').getAttribute('data-state'), 'connected');
    assert.equal(await one.page.locator('#clinic').innerText(), 'Harbour Psychology');
    const { token, name, claims } = signalling.connects.at(-1);
    assert.equal(name, clinic.room);
    assert.equal(claims.grants.video.room, clinic.room);
    const verdict = await fetch(`${clinic.sandbox}/sandbox/tokens/verify`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ token }),
    });
    assert.equal(verdict.status, 200, await verdict.text());
    assert.deepEqual(one.errors, []);
    await one.close();
  });
}

test('counts down to the opening that the daemon names', async () => {
  const one = await open(clinic.links.early, clinic.bearers.patient);
  await one.page.locator('#remaining').filter({ hasText: /^(1[6-9]|20):\d\d$/ }).waitFor();
  assert.equal(await one.page.locator('#join').isVisible(), false);
  await one.close();
});

test('knows each refusal of the daemon', async () => {
  await refused(clinic.links.late, clinic.bearers.patient, 'This session is over');
  await refused(clinic.links.cancelled, clinic.bearers.patient, 'This appointment was cancelled');
  await refused(clinic.links.in_person, clinic.bearers.patient, 'This appointment is in person');
  await refused('/video-session/apt-999999-1790000000-abc123de', clinic.bearers.patient, 'We can’t find this appointment');
  await refused(clinic.links.now, clinic.bearers.stranger, 'We can’t find this appointment');
  await refused(clinic.links.now, clinic.bearers.manager, 'This room is for two people only');
  await refused(clinic.links.now, `${clinic.bearers.patient}x`, 'Please sign in first');
  await refused(clinic.links.now, '', 'Please sign in first');
});

test('answers a cut link with the page and 404', async () => {
  const one = await open('/video-session/apt-1-17', clinic.bearers.patient);
  assert.equal(one.answer.status(), 404);
  await one.page.locator('#notice-title').filter({ hasText: 'This link is not complete' }).waitFor();
  await one.close();
});
