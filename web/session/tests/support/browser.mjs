// Debian's Chromium with fake devices.

import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';

const candidates = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

export function launch({ prompt = 'allow', extra = [] } = {}) {
  const executablePath = candidates.find((one) => one && existsSync(one));
  if (!executablePath) {
    throw new Error('no Chromium: install the package chromium, or set CHROMIUM to a browser');
  }
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox', // tests run as root in containers
      '--disable-dev-shm-usage',
      '--use-fake-device-for-media-stream',
      ...(prompt === 'allow' ? ['--use-fake-ui-for-media-stream'] : ['--deny-permission-prompts']),
      '--autoplay-policy=no-user-gesture-required',
      '--allow-loopback-in-peer-connection',
      '--disable-features=WebRtcHideLocalIpsWithMdns',
      ...extra,
    ],
  });
}
