// Makes web/session/dist, the folder that session_page.folder names: the page, Twilio's SDK and the fonts, each
// also compressed, in a folder named after a digest of them all, so that browsers may keep them for good.
// usage: web/session/build [FOLDER]   (installs the npm packages when they are missing)
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';

const here = import.meta.dirname ?? new URL('.', import.meta.url).pathname;
const into = resolve(process.argv[2] ?? join(here, 'dist'));
const modules = join(here, 'node_modules');

const installed = join(modules, '.package-lock.json');
if (!existsSync(installed) || readFileSync(join(here, 'package.json'), 'utf8') !== read(join(modules, '.built-for'))) {
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: here, stdio: ['ignore', 2, 2] });
  writeFileSync(join(modules, '.built-for'), readFileSync(join(here, 'package.json')));
}

function read(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

const font = (name) => join(modules, '@fontsource-variable', name);
const assets = new Map([
  ['twilio-video.min.js', join(modules, 'twilio-video/dist/twilio-video.min.js')],
  ['twilio-video-licence.txt', join(modules, 'twilio-video/LICENSE.md')],
  ['figtree.woff2', join(font('figtree'), 'files/figtree-latin-wght-normal.woff2')],
  ['figtree-licence.txt', join(font('figtree'), 'LICENSE')],
  ['newsreader.woff2', join(font('newsreader'), 'files/newsreader-latin-wght-normal.woff2')],
  ['newsreader-vietnamese.woff2', join(font('newsreader'), 'files/newsreader-vietnamese-wght-normal.woff2')],
  ['newsreader-licence.txt', join(font('newsreader'), 'LICENSE')],
]);
for (const name of readdirSync(join(here, 'page'))) {
  if (name !== 'index.html' && !name.startsWith('.')) {
    assets.set(name, join(here, 'page', name));
  }
}

const contents = new Map([...assets].sort().map(([name, path]) => [name, readFileSync(path)]));

// The SDK makes a function from a text when it is loaded (for a noise filter that we do not use), which the page's
// Content-Security-Policy forbids. A function that says the same needs no eval.
const sdk = contents.get('twilio-video.min.js').toString();
const made = /new Function\((["'])url\1,\s*(["'])return import\(url\);?\2\)/g;
if (sdk.match(made)?.length !== 1 || /\beval\(/.test(sdk)) {
  throw new Error('twilio-video.min.js is not as expected: look for what its version evaluates');
}
contents.set('twilio-video.min.js', Buffer.from(sdk.replace(made, '(url=>import(url))')));
const digest = createHash('sha256');
for (const [name, bytes] of contents) {
  digest.update(`${name} ${bytes.length}\n`).update(bytes);
}
const version = digest.digest('hex').slice(0, 12);
const page = readFileSync(join(here, 'page/index.html'), 'utf8').replaceAll('@version@', version);

rmSync(into, { recursive: true, force: true });
mkdirSync(join(into, 'assets', version), { recursive: true });
const put = (name, bytes) => {
  writeFileSync(join(into, name), bytes);
  const packed = gzipSync(bytes, { level: 9 });
  if (!name.endsWith('.woff2') && packed.length < bytes.length) {
    writeFileSync(join(into, `${name}.gz`), packed);
  }
};
put('index.html', Buffer.from(page));
for (const [name, bytes] of contents) {
  put(join('assets', version, name), bytes);
}
console.log(`${into}: ${contents.size + 1} files, assets/${version}`);
