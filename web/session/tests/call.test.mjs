// Joining, being there, and how it ends: the real SDK in a real browser, with a stub of Twilio's signalling and
// a real peer connection at the far end.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openFarEnd } from './support/far_end.mjs';
import { fixture } from './support/fixture.mjs';
import { granted, problem, room } from './support/site.mjs';

const made = fixture();
let far;

async function inCall(settings = {}) {
  far ??= await openFarEnd(made.browser);
  await far.reset();
  made.signalling.answerer = settings.media ? far.answerer : null;
  const one = await made.open(settings);
  await one.screen('lobby');
  await one.page.locator('#level').waitFor();
  await one.page.locator('#join').click();
  await one.screen('call');
  return one;
}

test('goes from the link through the token route into a connected room', async () => {
  const one = await inCall();
  assert.equal(await one.page.locator('#call').getAttribute('data-state'), 'connected');
  const [connect] = made.signalling.connects;
  assert.equal(connect.name, room);
  assert.equal(connect.token, granted.body.access_token);
  assert.deepEqual(connect.participant.tracks.map((track) => track.kind).sort(), ['audio', 'video']);
  assert.equal(connect.publisher.name, 'twilio-video.js');
  assert.equal(await one.text('#alone-title'), 'You are in the room');
  assert.equal(await one.focused(), 'call-title');
  await one.isAccessible();
  await one.close();
});

test('shows and hears the other person, and is seen and heard', async () => {
  const one = await inCall({ media: true });
  made.signalling.join();
  await one.page.waitForFunction(() => document.getElementById('other-video').videoWidth > 0);
  await one.page.waitForFunction(() => document.getElementById('other-audio').srcObject?.getAudioTracks().length === 1);
  assert.equal(await one.page.locator('#alone').isVisible(), false);
  await assert.doesNotReject(async () => {
    for (let got = {}; !(got.audio > 20 && got.video > 20); got = await far.received()) {
      await one.page.evaluate(() => new Promise(requestAnimationFrame));
    }
  });
  await one.isAccessible();
  await one.close();
});

test('tells that the other came, muted the microphone, turned the camera off, and left', async () => {
  const one = await inCall({ media: true });
  made.signalling.join();
  await one.shown('#status', 'The other person is in the room.');
  assert.equal(await one.page.title(), 'In your session');
  made.signalling.set({ enabled: { video: true } });
  await one.shown('#other-muted', 'They are muted');
  made.signalling.set({ enabled: { audio: true } });
  await one.shown('#alone-title', 'Their camera is off');
  made.signalling.leave();
  await one.shown('#status', 'The other person has left.');
  await one.shown('#alone-title', 'You are in the room');
  await one.close();
});

test('mutes and unmutes, and releases the camera that is off', async () => {
  const one = await inCall();
  const mute = one.page.locator('.controls [data-toggle="microphone"]');
  await mute.click();
  await one.shown('.controls [data-toggle="microphone"]', 'Unmute');
  await one.shown('#status', 'Your microphone is off.');
  await one.page.locator('#self-muted').waitFor();
  await mute.click();
  await one.shown('#status', 'Your microphone is on.');
  const camera = one.page.locator('.controls [data-toggle="camera"]');
  const stopped = await one.page.evaluateHandle(() => document.getElementById('self-video').srcObject.getVideoTracks()[0]);
  await camera.click();
  await one.shown('.controls [data-toggle="camera"]', 'Camera on');
  assert.equal(await stopped.evaluate((track) => track.readyState), 'ended');
  await one.page.locator('#self-off').waitFor();
  await camera.click();
  await one.shown('.controls [data-toggle="camera"]', 'Camera off');
  await one.page.waitForFunction(() => document.getElementById('self-video').srcObject?.getVideoTracks()[0]?.readyState === 'live');
  await one.close();
});

test('works by keyboard alone, with a focus that can be seen', async () => {
  const one = await made.open();
  await one.screen('lobby');
  await one.page.locator('#device-fields').waitFor();
  const reached = [];
  for (let i = 0; i < 8 && reached.at(-1) !== 'join'; ++i) {
    await one.page.keyboard.press('Tab');
    reached.push(await one.page.evaluate(() => document.activeElement.id || document.activeElement.dataset.toggle || document.activeElement.dataset.choice));
    const outline = await one.page.evaluate(() => getComputedStyle(document.activeElement).outlineWidth);
    assert.equal(outline, '3px', reached.at(-1));
  }
  assert.deepEqual(reached, ['microphone', 'camera', 'camera', 'microphone', 'join']);
  await one.page.keyboard.press('Enter');
  await one.screen('call');
  await one.page.keyboard.press('Tab');
  await one.page.keyboard.press('Space');
  await one.shown('.controls [data-toggle="microphone"]', 'Unmute');
  await one.close();
});

test('changes devices in the call and closes the dialog by Escape, with the focus back', async () => {
  const one = await inCall();
  await one.page.locator('#open-devices').click();
  await one.page.locator('#devices-dialog[open]').waitFor();
  await one.isAccessible();
  const choices = one.page.locator('#devices-dialog [data-choice="microphone"]');
  await choices.selectOption({ index: 1 });
  const wanted = await choices.inputValue();
  assert.equal(await one.page.evaluate(() => localStorage.getItem('punctual.session.microphone')), wanted);
  await one.page.keyboard.press('Escape');
  await one.page.locator('#devices-dialog').waitFor({ state: 'hidden' });
  assert.equal(await one.focused(), 'open-devices');
  await one.close();
});

test('says that it reconnects, and that it has', async () => {
  const one = await inCall();
  made.signalling.unreachable = true;
  made.signalling.drop();
  await one.shown('#banner', 'Reconnecting');
  assert.equal(await one.page.locator('#call').getAttribute('data-state'), 'reconnecting');
  made.signalling.unreachable = false;
  await one.page.locator('#banner').waitFor({ state: 'hidden' });
  await one.shown('#status', 'You are connected again.');
  assert.equal(await one.page.locator('#call').getAttribute('data-state'), 'connected');
  await one.close();
});

test('leaves, stops the devices, and goes back in', async () => {
  const one = await inCall();
  const track = await one.page.evaluateHandle(() => document.getElementById('self-video').srcObject.getVideoTracks()[0]);
  await one.page.locator('#leave').click();
  await one.screen('notice');
  assert.equal(await one.text('#notice-title'), 'You have left the session');
  assert.equal(await track.evaluate((it) => it.readyState), 'ended');
  assert.equal(made.signalling.left, true);
  await one.isAccessible();
  await one.page.locator('#notice-action').click();
  await one.screen('lobby');
  await one.page.locator('#join').click();
  await one.screen('call');
  assert.equal(made.signalling.connects.length, 2);
  await one.close();
});

const ends = [
  ['the room was completed', undefined, 'The session has ended'],
  ['somebody joined as the same person', 53205, 'You joined somewhere else'],
  ['the connection was lost for good', 53001, 'The connection was lost'],
];
for (const [name, code, title] of ends) {
  test(`says what it means when ${name}`, async () => {
    const one = await inCall();
    made.signalling.end(code);
    await one.screen('notice');
    assert.equal(await one.text('#notice-title'), title);
    assert.equal(await one.focused(), 'notice-title');
    await one.close();
  });
}

test('asks for a new token when the room has gone since, and enters the room made anew', async () => {
  const one = await made.open();
  await one.screen('lobby');
  made.signalling.refusals = [53106];
  await one.page.locator('#join').click();
  await one.screen('call');
  assert.equal(made.signalling.connects.length, 2);
  assert.equal(made.site.asked.length, 3, 'at the opening, at the click, and after the room had gone');
  await one.close();
});

test('says that the room is full', async () => {
  const one = await made.open();
  await one.screen('lobby');
  made.signalling.refusals = [53105];
  await one.page.locator('#join').click();
  await one.screen('notice');
  assert.equal(await one.text('#notice-title'), 'The room is full');
  await one.close();
});

test('stays in the lobby and says so when the network lets nothing through', async () => {
  const one = await made.open();
  await one.screen('lobby');
  made.signalling.unreachable = true;
  await one.page.locator('#join').click();
  await one.shown('#join-problem', 'We could not connect you');
  assert.equal(await one.page.locator('#join').getAttribute('aria-disabled'), null);
  await one.isAccessible();
  made.signalling.unreachable = false;
  await one.page.locator('#join').click();
  await one.screen('call');
  await one.close();
});

test('does not join what was cancelled while the page was open', async () => {
  const one = await made.open({ answers: [granted, problem(409, 'appointment_closed', { appointment_status: 'cancelled' })] });
  await one.screen('lobby');
  await one.page.locator('#join').click();
  await one.screen('notice');
  assert.equal(await one.text('#notice-title'), 'This appointment was cancelled');
  assert.deepEqual(made.signalling.connects, []);
  await one.close();
});

test('holds still for those who ask for it', async () => {
  const one = await inCall({ context: { reducedMotion: 'reduce' } });
  const running = await one.page.evaluate(() => document.getAnimations().length);
  assert.equal(running, 0);
  await one.close();
});

test('fits a phone in both directions', async () => {
  for (const viewport of [{ width: 320, height: 568 }, { width: 740, height: 360 }]) {
    const one = await inCall({ context: { viewport, hasTouch: true } });
    await one.isAccessible();
    const leave = await one.page.locator('#leave').boundingBox();
    assert.ok(leave.y + leave.height <= viewport.height, 'the way out is on the screen');
    await one.close();
  }
});
