// One stay in a room: joins by Twilio's SDK, tells who is there, and why it ended as one word:
//
//   left, ended, duplicate, full, connection_lost, not_connected, token (ask for another), gone (no such
//   room: ask for another token, which makes it again)

const ends = new Map([
  [20101, 'token'],
  [20103, 'token'],
  [20104, 'token'],
  [20105, 'token'],
  [20107, 'token'],
  [53000, 'not_connected'],
  [53001, 'connection_lost'],
  [53002, 'connection_lost'],
  [53103, 'gone'],
  [53104, 'not_connected'],
  [53105, 'full'],
  [53106, 'gone'],
  [53118, 'ended'],
  [53205, 'duplicate'],
  [53405, 'connection_lost'],
]);

// Of an error of the SDK's; `inside`: after the room had been entered.
export function endOf(error, inside) {
  if (!error) {
    return 'ended';
  }
  const end = ends.get(error.code);
  if (inside) {
    return end === undefined || end === 'not_connected' || end === 'gone' ? 'connection_lost' : end;
  }
  // A room that was completed before we came in can be made again.
  return end === 'ended' ? 'gone' : (end ?? 'not_connected');
}

// Events: "people" (who is there or what they send has changed), "reconnecting", "reconnected", "end" with
// detail.
export class Call extends EventTarget {
  #room = null;
  #left = false;

  // Throws the word for its failure.
  async join(token, name, tracks, signallingUrl) {
    const options = {
      name,
      tracks,
      // Nothing about a visit goes to anybody who need not have it.
      insights: false,
      dominantSpeaker: false,
      networkQuality: { local: 1, remote: 1 },
      preferredVideoCodecs: 'auto',
      bandwidthProfile: { video: { mode: 'collaboration', clientTrackSwitchOffControl: 'auto' } },
      ...(signallingUrl ? { wsServer: signallingUrl } : {}),
    };
    let room;
    try {
      room = await window.Twilio.Video.connect(token, options);
    } catch (error) {
      throw endOf(error, false);
    }
    if (this.#left) {
      room.disconnect();
      throw 'left';
    }
    this.#room = room;
    room.participants.forEach((one) => this.#follow(one));
    room.on('participantConnected', (one) => {
      this.#follow(one);
      this.#people();
    });
    for (const name of ['participantDisconnected', 'participantReconnecting', 'participantReconnected']) {
      room.on(name, () => this.#people());
    }
    room.on('reconnecting', () => this.dispatchEvent(new Event('reconnecting')));
    room.on('reconnected', () => this.dispatchEvent(new Event('reconnected')));
    room.on('disconnected', (_, error) => {
      this.dispatchEvent(new CustomEvent('end', { detail: this.#left ? 'left' : endOf(error, true) }));
    });
    room.localParticipant.on('networkQualityLevelChanged', () => this.#people());
  }

  // A device that was found only later.
  async publish(track) {
    const mine = this.#room?.localParticipant;
    if (mine && ![...mine.tracks.values()].some((one) => one.track === track)) {
      await mine.publishTrack(track).catch(() => {});
    }
  }

  leave() {
    this.#left = true;
    this.#room?.disconnect();
  }

  get state() {
    return this.#room?.state ?? 'connecting';
  }

  get weakNetwork() {
    const level = this.#room?.localParticipant.networkQualityLevel ?? null;
    return level !== null && level <= 1;
  }

  // The other one: { video, audio, hasVideo, hasAudio, reconnecting }, or null while alone. Tracks are of the SDK.
  get other() {
    const who = this.#room ? [...this.#room.participants.values()][0] : null;
    if (!who) {
      return null;
    }
    const find = (kind) => [...who.tracks.values()].find((one) => one.kind === kind);
    const video = find('video');
    const audio = find('audio');
    return {
      video: video?.track ?? null,
      audio: audio?.track ?? null,
      hasVideo: Boolean(video?.track && video.isTrackEnabled),
      hasAudio: Boolean(audio?.isTrackEnabled),
      reconnecting: who.state === 'reconnecting',
    };
  }

  #follow(participant) {
    for (const name of ['trackSubscribed', 'trackUnsubscribed', 'trackEnabled', 'trackDisabled', 'trackPublished', 'trackUnpublished']) {
      participant.on(name, () => this.#people());
    }
  }

  #people() {
    this.dispatchEvent(new Event('people'));
  }
}
