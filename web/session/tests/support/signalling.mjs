// Stands in for Twilio's signalling: TwilioConnection's frames (hello, welcome, heartbeat, msg, bye) and the
// room messages inside them, as lib/twilioconnection.js and lib/signaling/v2 of the SDK expect them. Media is
// answered by an `answerer`, see far_end.mjs; without one the room has signalling alone.

import { once } from 'node:events';
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';

const heartbeatEvery = 1000;
const negotiatedTimeout = 5000;
const roomSid = 'RM0123456789abcdef0123456789abcdef';
const otherSid = 'PA00000000000000000000000000000002';

export async function startSignalling(port = 0) {
  const server = createServer();
  const sockets = new WebSocketServer({ server, path: '/signaling' });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const made = new Signalling(server, sockets);
  sockets.on('connection', (socket) => made.accept(socket));
  return made;
}

export function payloadOf(token) {
  return JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString());
}

class Signalling {
  // What the next connects get instead of a room: TwilioError codes, first first.
  refusals = [];
  // New sockets are closed at once while this is true: a network that is gone.
  unreachable = false;
  // offer SDP -> { sdp, tracks: [{ kind, id }] }
  answerer = null;
  // Every connect message that came, with its token's payload.
  connects = [];
  bytes = 0;

  #server;
  #sockets;
  #timers = new Set();
  #inside = null; // the one connection in the room
  #revision = 1;
  #farTracks = [];
  #other = null;

  constructor(server, sockets) {
    this.#server = server;
    this.#sockets = sockets;
  }

  get url() {
    return `ws://127.0.0.1:${this.#server.address().port}/signaling`;
  }

  accept(socket) {
    if (this.unreachable) {
      socket.terminate();
      return;
    }
    const timer = setInterval(() => socket.send(JSON.stringify({ type: 'heartbeat' })), heartbeatEvery);
    this.#timers.add(timer);
    socket.on('close', () => {
      clearInterval(timer);
      this.#timers.delete(timer);
    });
    socket.on('message', (data) => void this.#take(socket, JSON.parse(data)));
  }

  // The other person comes in; `sends` which kinds.
  join(sends = ['audio', 'video'], enabled = true) {
    this.#other = { sends, enabled, state: 'connected' };
    this.#tellOther();
  }

  set(changes) {
    Object.assign(this.#other, changes);
    this.#tellOther();
  }

  leave() {
    this.#other.state = 'disconnected';
    this.#tellOther();
    this.#other = null;
  }

  // The room ends for the page: with a Twilio error, or because it was completed.
  end(code) {
    const message = code ? { type: 'error', code, message: 'from the stub' } : { type: 'disconnected', status: 'completed' };
    this.#say(this.#inside, message);
  }

  // The sockets break, as at a change of networks.
  drop() {
    for (const one of this.#sockets.clients) {
      one.terminate();
    }
  }

  async close() {
    for (const timer of this.#timers) {
      clearInterval(timer);
    }
    this.drop();
    this.#sockets.close();
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #take(socket, frame) {
    switch (frame.type) {
      case 'hello':
        socket.send(JSON.stringify({ type: 'welcome', negotiatedTimeout }));
        await this.#message(socket, frame.body);
        break;
      case 'msg':
        await this.#message(socket, frame.body);
        break;
      default: // heartbeat, bye
    }
  }

  async #message(socket, body) {
    switch (body.type) {
      case 'ice':
        this.#say(socket, { type: 'iced', version: 1, ice_servers: [] });
        break;
      case 'connect':
        await this.#connect(socket, body);
        break;
      case 'sync':
        this.#inside = socket;
        this.#say(socket, { ...this.#roomState(), type: 'synced' });
        break;
      case 'update':
        await this.#update(socket, body);
        break;
      case 'disconnect':
        this.left = true;
        break;
      default:
    }
  }

  async #connect(socket, body) {
    this.connects.push({ ...body, claims: payloadOf(body.token) });
    const code = this.refusals.shift();
    if (code) {
      this.#say(socket, { type: 'error', code, message: 'from the stub' });
      return;
    }
    this.#inside = socket;
    this.left = false;
    const identity = this.connects.at(-1).claims.grants.identity;
    this.#say(socket, {
      ...this.#roomState(),
      type: 'connected',
      version: 2,
      session: 'the-session',
      sid: roomSid,
      name: body.name,
      participant: { sid: 'PA00000000000000000000000000000001', identity, state: 'connected', revision: 1, tracks: [] },
      published: this.#published(body.participant),
      peer_connections: await this.#answers(body.peer_connections),
      recording: { enabled: false, revision: 1 },
      media_signaling: {},
      options: { session_timeout: 30, media_region: 'au1', signaling_region: 'au1' },
    });
  }

  // The answerer's tracks are known now: tell of the other's again.
  async #update(socket, body) {
    const answers = await this.#answers(body.peer_connections ?? []);
    this.#say(socket, { type: 'update', version: 2, peer_connections: answers, published: this.#published(body.participant) });
    if (answers.length) {
      this.#tellOther();
    }
  }

  async #answers(peers) {
    const answers = [];
    for (const { id, description } of peers) {
      if (description?.type === 'offer' && this.answerer) {
        const { sdp, tracks } = await this.answerer(description.sdp);
        this.#farTracks = tracks;
        answers.push({ id, description: { type: 'answer', sdp, revision: description.revision } });
      }
    }
    return answers;
  }

  #published(participant) {
    const tracks = (participant?.tracks ?? []).map(({ id }, i) => ({ id, sid: `MT${String(i + 1).padStart(32, '0')}`, state: 'ready' }));
    return { revision: participant?.revision ?? 1, tracks };
  }

  #roomState() {
    const other = this.#other;
    const revision = ++this.#revision;
    const tracks = (other?.sends ?? []).map((kind, i) => ({
      sid: `MT${String(100 + i).padStart(32, '0')}`,
      name: kind,
      kind,
      enabled: other.enabled === true || other.enabled[kind] === true,
      priority: 'standard',
      state: 'ready',
    }));
    return {
      participants: other ? [{ sid: otherSid, identity: '789-psychologist', state: other.state, revision, tracks }] : [],
      subscribed: {
        revision,
        tracks: tracks.map(({ sid, kind }) => ({ sid, id: this.#farTracks.find((one) => one.kind === kind)?.id ?? '', state: 'ready' })),
      },
    };
  }

  #tellOther() {
    if (this.#inside && this.#other) {
      this.#say(this.#inside, { ...this.#roomState(), type: 'update', version: 2 });
    }
  }

  #say(socket, body) {
    socket?.send(JSON.stringify({ type: 'msg', body }));
  }
}
