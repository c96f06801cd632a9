// Pictures of every screen at two widths, by day and by night, to be looked at by people.
// usage: npm run screenshots [FOLDER]   (default: screenshots, not committed)

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launch } from './support/browser.mjs';
import { openFarEnd } from './support/far_end.mjs';
import { startSignalling } from './support/signalling.mjs';
import { bearer, granted, problem, startSite } from './support/site.mjs';

const into = process.argv[2] ?? 'screenshots';
const only = process.argv[3] ? new RegExp(process.argv[3]) : /./;
mkdirSync(into, { recursive: true });
const scratch = mkdtempSync(join(tmpdir(), 'punctual-camera-'));

// A person before a wall, as a camera's raw frames (YUV4MPEG2): kinder to look at than a test card.
function writeCamera(path) {
  const [w, h] = [640, 480];
  const inside = (x, y, cx, cy, rx, ry) => ((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 < 1;
  const colourAt = (x, y) => {
    if (inside(x, y, 320, 235, 74, 92)) return inside(x, y, 320, 165, 84, 44) ? [74, 52, 40] : [214, 168, 138];
    if (inside(x, y, 320, 200, 92, 100)) return [74, 52, 40];
    if (inside(x, y, 320, 520, 190, 175)) return [122, 84, 96];
    if (x > 290 && x < 350 && y > 300 && y < 370) return [200, 152, 122];
    const shade = 1 - 0.22 * (x / w) - 0.12 * (y / h);
    return [196 * shade, 206 * shade, 200 * shade];
  };
  const planes = [Buffer.alloc(w * h), Buffer.alloc((w * h) / 4), Buffer.alloc((w * h) / 4)];
  for (let y = 0; y < h; ++y) {
    for (let x = 0; x < w; ++x) {
      const [r, g, b] = colourAt(x, y);
      planes[0][y * w + x] = 16 + 0.257 * r + 0.504 * g + 0.098 * b;
      if (x % 2 === 0 && y % 2 === 0) {
        const at = (y / 2) * (w / 2) + x / 2;
        planes[1][at] = 128 - 0.148 * r - 0.291 * g + 0.439 * b;
        planes[2][at] = 128 + 0.439 * r - 0.368 * g - 0.071 * b;
      }
    }
  }
  const frame = Buffer.concat([Buffer.from('FRAME\n'), ...planes]);
  writeFileSync(path, Buffer.concat([Buffer.from(`YUV4MPEG2 W${w} H${h} F20:1 Ip A1:1 C420jpeg\n`), frame, frame]));
}

const camera = join(scratch, 'camera.y4m');
writeCamera(camera);
const signalling = await startSignalling();
const site = await startSite({ signalling_url: signalling.url });
const allowing = await launch({ extra: [`--use-file-for-fake-video-capture=${camera}`] });
const refusing = await launch({ prompt: 'deny' });
const far = await openFarEnd(allowing);

const opens = () => new Date(Date.now() + 12 * 60_000 + 34_400).toISOString();
const picture = (page, id) => page.waitForFunction((name) => document.getElementById(name).videoWidth > 0, id);
const join_ = async (page) => {
  await picture(page, 'preview');
  await page.locator('#join').click();
  await page.locator('body[data-screen="call"]').waitFor();
  await picture(page, 'self-video');
};
const together = async (page) => {
  await join_(page);
  signalling.join();
  await picture(page, 'other-video');
  await page.waitForFunction(() => document.getElementById('other-video').videoWidth >= 640).catch(() => {}); // the encoder begins small
};
const notice = (page) => page.locator('body[data-screen="notice"]').waitFor();
const closed = (status) => problem(409, 'appointment_closed', { appointment_status: status });

const scenes = {
  'before-permission': { refusing: true, run: (page) => page.locator('#start-devices').waitFor() },
  check: { run: async (page) => { await picture(page, 'preview'); await page.locator('#heard', { hasText: 'hear' }).waitFor(); } },
  'check-camera-off': { run: async (page) => { await picture(page, 'preview'); await page.locator('#lobby-toggles [data-toggle="camera"]').click(); await page.locator('#preview-cover').waitFor(); } },
  refused: { refusing: true, run: async (page) => { await page.locator('#start-devices').click(); await page.locator('#device-problem').waitFor(); } },
  'no-camera': { init: 'const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices); navigator.mediaDevices.getUserMedia = (w) => w.video ? Promise.reject(new DOMException("", "NotFoundError")) : real(w);', run: (page) => page.locator('#device-problem').waitFor() },
  early: { answers: [() => problem(403, 'too_early', { opens_at: opens() })], run: (page) => picture(page, 'preview') },
  'not-connected': { run: async (page) => { await picture(page, 'preview'); signalling.unreachable = true; await page.locator('#join').click(); await page.locator('#join-problem').waitFor(); } },
  waiting: { run: join_ },
  'in-call': { run: together },
  'in-call-muted': { run: async (page) => { await together(page); signalling.set({ enabled: { video: true } }); await page.locator('.controls [data-toggle="microphone"]').click(); await page.locator('.controls [data-toggle="camera"]').click(); await page.locator('#self-off').waitFor(); } },
  'their-camera-off': { run: async (page) => { await together(page); signalling.set({ enabled: { audio: true } }); await page.locator('#alone').waitFor(); } },
  reconnecting: { run: async (page) => { await together(page); signalling.unreachable = true; signalling.drop(); await page.locator('#banner').waitFor(); } },
  'devices-dialog': { run: async (page) => { await together(page); await page.locator('#open-devices').click(); } },
  left: { run: async (page) => { await join_(page); await page.locator('#leave').click(); await notice(page); } },
  ended: { run: async (page) => { await join_(page); signalling.end(); await notice(page); } },
  duplicate: { run: async (page) => { await join_(page); signalling.end(53205); await notice(page); } },
  'connection-lost': { run: async (page) => { await join_(page); signalling.end(53001); await notice(page); } },
  full: { run: async (page) => { await picture(page, 'preview'); signalling.refusals = [53105]; await page.locator('#join').click(); await notice(page); } },
  'sign-in': { answers: [problem(401, 'unauthorized')], run: notice },
  'not-found': { answers: [problem(404, 'not_found')], run: notice },
  'not-yours': { answers: [problem(403, 'permission_denied')], run: notice },
  'too-late': { answers: [problem(403, 'too_late')], run: notice },
  cancelled: { answers: [closed('cancelled')], run: notice },
  completed: { answers: [closed('completed')], run: notice },
  missed: { answers: [closed('no_show')], run: notice },
  'in-person': { answers: [problem(400, 'not_telehealth')], run: notice },
  unavailable: { answers: [problem(503, 'video_unavailable', {}, { 'Retry-After': '45' })], run: notice },
  offline: { answers: ['drop'], run: notice },
  broken: { answers: [{ status: 200, body: {} }], run: notice },
  'cut-link': { link: () => `${site.origin}/video-session/apt-12`, run: notice },
};

for (const [name, scene] of Object.entries(scenes)) {
  for (const [width, height] of [[360, 740], [1200, 760]]) {
    for (const colorScheme of ['light', 'dark']) {
      const file = `${name}-${width}-${colorScheme}`;
      if (!only.test(file)) {
        continue;
      }
      signalling.unreachable = false;
      signalling.refusals = [];
      await far.reset();
      signalling.answerer = far.answerer;
      site.answers = scene.answers ?? [granted];
      const context = await (scene.refusing ? refusing : allowing).newContext({ viewport: { width, height }, colorScheme, reducedMotion: 'reduce', timezoneId: 'Australia/Sydney', locale: 'en-AU' });
      const page = await context.newPage();
      await page.addInitScript(() => {
        const real = navigator.mediaDevices.enumerateDevices.bind(navigator.mediaDevices);
        const names = { videoinput: 'Built-in camera', audioinput: 'Headset microphone' };
        navigator.mediaDevices.enumerateDevices = async () =>
          (await real()).map(({ deviceId, kind, label }) => ({ deviceId, kind, label: label && names[kind] }));
      });
      if (scene.init) {
        await page.addInitScript(scene.init);
      }
      await page.goto(scene.link?.() ?? `${site.link}#token=${bearer}`);
      await scene.run(page);
      await page.screenshot({ path: join(into, `${file}.png`), fullPage: !/call|waiting|reconn|dialog|their/.test(name) });
      await context.close();
    }
  }
}
await allowing.close();
await refusing.close();
await signalling.close();
site.close();
rmSync(scratch, { recursive: true });
