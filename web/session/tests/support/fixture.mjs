// A browser, a site and a signalling stub for a file of tests, and what every page must keep: no violation of
// the policy, no error, nobody spoken to but the site and the stub.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before } from 'node:test';
import { launch } from './browser.mjs';
import { bearer, granted, startSite } from './site.mjs';
import { startSignalling } from './signalling.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
export const patience = 20_000;

export function fixture(options) {
  const made = { browser: null, site: null, signalling: null };
  before(async () => {
    made.browser = await launch(options);
    made.signalling = await startSignalling();
    made.site = await startSite({ signalling_url: made.signalling.url });
  });
  after(async () => {
    await made.browser?.close();
    await made.signalling?.close();
    made.site?.close();
  });
  made.open = (settings) => openPage(made, settings);
  return made;
}

async function openPage(made, { answers = [granted], link, storage, context: settings = {}, init, hosts = [] } = {}) {
  made.site.answers = [...answers];
  made.site.asked.length = 0;
  made.signalling.refusals = [];
  made.signalling.unreachable = false;
  made.signalling.connects.length = 0;
  const context = await made.browser.newContext({ viewport: { width: 1200, height: 760 }, ...settings });
  context.setDefaultTimeout(patience);
  const page = await context.newPage();
  const seen = { errors: [], hosts: new Set() };
  page.on('pageerror', (error) => seen.errors.push(String(error)));
  page.on('console', (message) => {
    if (/Content Security Policy|Permissions policy/i.test(message.text())) {
      seen.errors.push(message.text());
    }
  });
  page.on('request', (request) => seen.hosts.add(new URL(request.url()).host));
  page.on('websocket', (socket) => seen.hosts.add(new URL(socket.url()).host));
  if (storage) {
    await context.addInitScript((values) => Object.entries(values).forEach(([key, value]) => localStorage.setItem(key, value)), storage);
  }
  if (init) {
    await context.addInitScript(init);
  }
  await page.goto(link ?? `${made.site.link}#token=${bearer}`);
  const allowed = new Set([made.site.origin, made.signalling.url, ...hosts].map((url) => new URL(url).host));
  return {
    page,
    screen: (name) => page.waitForSelector(`body[data-screen="${name}"] #${name}:not([hidden])`),
    text: (selector) => page.locator(selector).innerText(),
    shown: (selector, text) => page.locator(selector).filter({ hasText: text }).waitFor(),
    focused: () => page.evaluate(() => document.activeElement.id),
    // WCAG 2.2 AA as far as a program can tell, and no sideways scrolling.
    async isAccessible() {
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() =>
        window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'], resultTypes: ['violations'] }),
      );
      assert.deepEqual(
        violations.map(({ id, nodes }) => `${id}: ${nodes.map((one) => one.target).join(', ')} ${nodes[0].failureSummary}`),
        [],
      );
      const [wide, window_] = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
      assert.ok(wide <= window_, `${wide} px of page in a window of ${window_}`);
    },
    async close() {
      await context.close();
      assert.deepEqual(seen.errors, []);
      assert.deepEqual([...seen.hosts].filter((host) => host && !allowed.has(host)), []);
    },
  };
}
