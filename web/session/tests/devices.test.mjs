// Cameras and microphones that do not work, and why.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fixture } from './support/fixture.mjs';

// In place of getUserMedia: an error for what is asked of a kind.
const failing = (reasons) => `
  const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = (want) => {
    const reasons = ${JSON.stringify(reasons)};
    const reason = (want.video && reasons.video) || (want.audio && reasons.audio);
    return reason && !window.mended ? Promise.reject(new DOMException('', reason)) : real(want);
  };`;

describe('with fake devices', () => {
  const made = fixture();

  test('shows the picture, the level and the choice', async () => {
    const one = await made.open({ context: { viewport: { width: 360, height: 740 } } });
    await one.screen('lobby');
    await one.page.waitForFunction(() => document.getElementById('preview').videoWidth > 0);
    await one.shown('#heard', 'We can hear you');
    assert.ok((await one.page.locator('.lobby [data-choice="camera"] option').count()) >= 1);
    assert.ok((await one.page.locator('.lobby [data-choice="microphone"] option').count()) >= 2);
    assert.equal(await one.focused(), 'lobby-title');
    await one.isAccessible();
    await one.close();
  });

  test('looks as well in the dark', async () => {
    const one = await made.open({ context: { colorScheme: 'dark' } });
    await one.screen('lobby');
    await one.page.locator('#device-fields').waitFor();
    await one.isAccessible();
    await one.close();
  });

  const table = [
    ['a camera that another program holds', { video: 'NotReadableError' }, 'The camera is in use'],
    ['a microphone that another program holds', { audio: 'NotReadableError' }, 'The microphone is in use'],
    ['a camera that is not there', { video: 'NotFoundError' }, 'No camera found'],
    ['a microphone that is not there', { audio: 'NotFoundError' }, 'No microphone found'],
    ['that there is neither', { video: 'NotFoundError', audio: 'NotFoundError' }, 'No camera and no microphone found'],
    ['a camera that is blocked alone', { video: 'NotAllowedError' }, 'The camera is blocked'],
    ['something else', { video: 'TypeError' }, 'The camera does not start'],
  ];
  for (const [name, reasons, title] of table) {
    test(`names ${name}`, async () => {
      const one = await made.open({ init: failing(reasons) });
      await one.screen('lobby');
      await one.shown('#device-problem-title', title);
      await one.close();
    });
  }

  test('joins with sound alone, and adds the camera when it works again', async () => {
    const one = await made.open({ init: failing({ video: 'NotReadableError' }) });
    await one.screen('lobby');
    await one.shown('#device-problem-title', 'The camera is in use');
    await one.page.locator('#join').click();
    await one.screen('call');
    assert.deepEqual(made.signalling.connects[0].participant.tracks.map((track) => track.kind), ['audio']);
    await one.page.evaluate(() => (window.mended = true));
    await one.page.locator('.controls [data-toggle="camera"]').click();
    await one.shown('.controls [data-toggle="camera"]', 'Camera off');
    await one.close();
  });

  test('takes the devices again when the person has freed them', async () => {
    const one = await made.open({ init: failing({ video: 'NotReadableError', audio: 'NotReadableError' }) });
    await one.screen('lobby');
    await one.shown('#device-problem-title', 'Camera and microphone are in use');
    await one.page.evaluate(() => (window.mended = true));
    await one.page.locator('#retry-devices').click();
    await one.page.locator('#level').waitFor();
    assert.equal(await one.page.locator('#device-problem').isVisible(), false);
    await one.close();
  });

  test('joins as it was left in the lobby: muted, without a picture', async () => {
    const one = await made.open();
    await one.screen('lobby');
    await one.page.locator('#lobby-toggles [data-toggle="microphone"]').click();
    await one.page.locator('#lobby-toggles [data-toggle="camera"]').click();
    await one.shown('#preview-text', 'Your camera is off');
    await one.page.locator('#join').click();
    await one.screen('call');
    await one.shown('.controls [data-toggle="microphone"]', 'Unmute');
    await one.shown('.controls [data-toggle="camera"]', 'Camera on');
    const states = made.signalling.connects[0].participant.tracks.map((track) => track.enabled);
    assert.deepEqual(states, [false, false]);
    await one.close();
  });

  test('says so when the browser has no video calls', async () => {
    const one = await made.open({ init: "Object.defineProperty(navigator, 'mediaDevices', { value: undefined })" });
    await one.screen('notice');
    assert.equal(await one.text('#notice-title'), 'This browser can’t make video calls');
    await one.close();
  });
});

describe('with a person who refuses', () => {
  const made = fixture({ prompt: 'deny' });

  test('asks only when told to, then says how to allow it, and lets the person in all the same', async () => {
    const one = await made.open();
    await one.screen('lobby');
    await one.isAccessible();
    await one.page.locator('#start-devices').click();
    await one.shown('#device-problem-title', 'Camera and microphone are blocked');
    await one.isAccessible();
    await one.page.locator('#join').click();
    await one.screen('call');
    assert.deepEqual(made.signalling.connects[0].participant.tracks, []);
    await one.close();
  });
});
