// Serves the built page as the daemon does, and answers for the token route whatever a test wants. The daemon
// itself is under tests/daemon.

import { once } from 'node:events';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const dist = fileURLToPath(new URL('../../dist', import.meta.url));
const types = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

export const room = 'apt-123-1790000000-abc123de';

const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
export const bearer = `${encode({ alg: 'HS256' })}.${encode({ user_id: 456 })}.c2lnbmF0dXJl`;
export const videoToken = `${encode({ alg: 'HS256', cty: 'twilio-fpa;v=1' })}.${encode({
  grants: { identity: '456-patient', video: { room } },
})}.c2lnbmF0dXJl`;

export const granted = {
  status: 200,
  body: { access_token: videoToken, room_name: room, user_identity: '456-patient', expires_in: 7200, appointment_id: 123 },
};

export const problem = (status, code, extra = {}, headers = {}) => ({
  status,
  body: { type: 'about:blank', title: 'x', status, detail: 'x', code, error: 'x', ...extra },
  headers,
});

export async function startSite(config = {}) {
  if (!existsSync(join(dist, 'index.html'))) {
    throw new Error('the page is not built: run web/session/build');
  }
  const site = {
    config: { clinic_name: 'Harbour Psychology', clinic_phone: '02 9000 0000', clinic_email: 'desk@harbour.example', frontend_url: '', backend_url: '', sign_in_url: '/login', token_key: 'access_token', signalling_url: '', ...config },
    answers: [], // of the token route, each once; the last one stays
    asked: [], // Authorization headers that came
  };
  const server = createServer((request, response) => {
    const path = new URL(request.url, 'http://x').pathname;
    const send = (status, type, body, headers = {}) => {
      response.writeHead(status, {
        'Content-Type': type,
        'Content-Security-Policy': `default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; connect-src 'self' ${originOf(site.config.backend_url)} ${originOf(site.config.signalling_url)}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
        ...(request.headers.origin ? { 'Access-Control-Allow-Origin': request.headers.origin } : {}),
        ...headers,
      });
      response.end(body);
    };
    if (request.method === 'OPTIONS') {
      return send(204, 'text/plain', '', { 'Access-Control-Allow-Headers': 'Authorization', 'Access-Control-Allow-Methods': 'GET' });
    }
    if (path === '/video-session/config.json') {
      return send(200, 'application/json', JSON.stringify(site.config));
    }
    if (path.startsWith('/api/appointments/video-token/')) {
      site.asked.push(request.headers.authorization ?? '');
      const next = site.answers.length > 1 ? site.answers.shift() : site.answers[0];
      const answer = typeof next === 'function' ? next() : next; // of the moment when it is asked for
      if (answer === 'drop') {
        return request.socket.destroy();
      }
      return send(answer.status, 'application/json', JSON.stringify(answer.body), answer.headers);
    }
    const file = join(dist, path.replace(/^\/video-session\//, ''));
    if (existsSync(file) && statSync(file).isFile()) {
      return send(200, types[extname(file)] ?? 'text/plain', readFileSync(file));
    }
    return send(200, types['.html'], readFileSync(join(dist, 'index.html')));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  site.origin = `http://127.0.0.1:${server.address().port}`;
  site.link = `${site.origin}/video-session/${room}`;
  site.close = () => {
    server.close();
    server.closeAllConnections();
  };
  return site;
}

function originOf(url) {
  return url ? new URL(url).origin : '';
}
