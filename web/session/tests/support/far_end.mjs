// The media of the other person, made in a page of its own in the same browser: a real peer connection that
// answers the SDK's offer with a drawn picture and a tone.

export async function openFarEnd(browser) {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.evaluate(() => {
    const canvas = document.createElement('canvas');
    canvas.width = 960;
    canvas.height = 640;
    const draw = canvas.getContext('2d');
    let turn = 0;
    const paint = () => {
      const wall = draw.createLinearGradient(0, 0, 960, 640);
      wall.addColorStop(0, '#d9cdb8');
      wall.addColorStop(1, '#b7a78d');
      draw.fillStyle = wall;
      draw.fillRect(0, 0, 960, 640);
      draw.fillStyle = '#7d9187'; // a window
      draw.fillRect(90, 70, 200, 260);
      draw.fillStyle = '#a9bdb1';
      draw.fillRect(102, 82, 82, 236);
      draw.fillRect(196, 82, 82, 236);
      draw.fillStyle = '#5b4636'; // a shelf
      draw.fillRect(690, 190, 230, 14);
      ['#8c4a3a', '#35605a', '#c39b5f', '#4a5a78', '#7a6a58'].forEach((colour, i) => {
        draw.fillStyle = colour;
        draw.fillRect(706 + i * 36, 100 + (i % 3) * 8, 28, 90 - (i % 3) * 8);
      });
      const sway = Math.sin(turn / 20) * 6;
      draw.fillStyle = '#35524d'; // shoulders, head, hair
      draw.beginPath();
      draw.ellipse(480 + sway, 660, 235, 210, 0, 0, 7);
      draw.fill();
      draw.fillStyle = '#c99b7c';
      draw.fillRect(440 + sway, 400, 80, 90);
      draw.fillStyle = '#3b2a22';
      draw.beginPath();
      draw.ellipse(480 + sway, 300, 122, 138, 0, 0, 7);
      draw.fill();
      draw.fillStyle = '#d9ab8b';
      draw.beginPath();
      draw.ellipse(480 + sway, 325, 98, 118, 0, 0, 7);
      draw.fill();
      draw.fillStyle = '#3b2a22';
      draw.beginPath();
      draw.ellipse(480 + sway, 232, 104, 52, 0, 0, 7);
      draw.fill();
      draw.fillStyle = '#2b201b';
      for (const x of [442, 518]) {
        draw.beginPath();
        draw.ellipse(x + sway, 318, 8, 9, 0, 0, 7);
        draw.fill();
      }
      draw.strokeStyle = '#7d4b3d';
      draw.lineWidth = 6;
      draw.lineCap = 'round';
      draw.beginPath();
      draw.arc(480 + sway, 368, 30, 0.35, Math.PI - 0.35);
      draw.stroke();
      ++turn;
    };
    paint();
    setInterval(paint, 50);
    const picture = canvas.captureStream(20).getVideoTracks()[0];
    const audio = new AudioContext();
    const tone = audio.createOscillator();
    const out = audio.createMediaStreamDestination();
    const volume = audio.createGain();
    volume.gain.value = 0.05;
    tone.connect(volume).connect(out);
    tone.start();
    const tracks = { video: picture, audio: out.stream.getAudioTracks()[0] };

    window.answer = async (sdp) => {
      window.peer ??= new RTCPeerConnection();
      const peer = window.peer;
      await peer.setRemoteDescription({ type: 'offer', sdp });
      for (const one of peer.getTransceivers()) {
        const kind = one.receiver.track.kind;
        if (!peer.getSenders().some((sender) => sender.track === tracks[kind])) {
          await one.sender.replaceTrack(tracks[kind]);
          one.sender.setStreams(new MediaStream([tracks[kind]]));
        }
        one.direction = one.sender.track ? 'sendrecv' : 'recvonly';
      }
      await peer.setLocalDescription(await peer.createAnswer());
      while (peer.iceGatheringState !== 'complete') {
        await new Promise((done) => peer.addEventListener('icegatheringstatechange', done, { once: true }));
      }
      const answer = peer.localDescription.sdp;
      const found = answer
        .split(/\r\nm=/)
        .slice(1)
        .map((part) => ({ kind: part.split(' ')[0], id: /a=msid:\S+ (\S+)/.exec(part)?.[1] }))
        .filter((one) => one.id);
      return { sdp: answer, tracks: found };
    };
    window.received = async () => {
      const stats = await window.peer.getStats();
      return Object.fromEntries([...stats.values()].filter((one) => one.type === 'inbound-rtp').map((one) => [one.kind, one.packetsReceived]));
    };
    window.reset = () => {
      window.peer?.close();
      window.peer = undefined;
    };
  });
  return {
    answerer: (sdp) => page.evaluate((text) => window.answer(text), sdp),
    received: () => page.evaluate(() => window.received()),
    reset: () => page.evaluate(() => window.reset()),
    close: () => context.close(),
  };
}
