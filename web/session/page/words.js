// What the page says, in one place. A notice is { icon, title, text, action, tone }; `action` names what
// its button does: retry, sign_in, lobby, none.

const zoned = { weekday: 'long', day: 'numeric', month: 'long', hour: 'numeric', minute: '2-digit', timeZoneName: 'short' };

export function whenText(time, now) {
  const at = new Date(time);
  const sameDay = at.toDateString() === new Date(now).toDateString();
  const { weekday, day, month, ...clock } = zoned;
  const text = new Intl.DateTimeFormat('en-AU', sameDay ? clock : zoned).format(at);
  return sameDay ? `today at ${text}` : text;
}

// 12:34 in the last hour, then coarser.
export function remainingText(ms) {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  const two = (n) => String(n).padStart(2, '0');
  if (seconds < 3600) {
    return `${two(Math.floor(seconds / 60))}:${two(seconds % 60)}`;
  }
  const minutes = Math.floor(seconds / 60);
  if (seconds < 86_400) {
    return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
  }
  const days = Math.floor(seconds / 86_400);
  const hours = Math.floor((seconds % 86_400) / 3600);
  return `${days} ${days === 1 ? 'day' : 'days'} ${hours} h`;
}

export function remainingSpoken(ms) {
  const minutes = Math.ceil(ms / 60_000);
  if (minutes > 120) {
    return `${Math.round(minutes / 60)} hours`;
  }
  return minutes === 1 ? 'one minute' : `${minutes} minutes`;
}

const closed = {
  cancelled: {
    icon: 'calendar',
    title: 'This appointment was cancelled',
    text: 'There is no session at this link any more. If that surprises you, please get in touch with the clinic.',
  },
  completed: {
    icon: 'check',
    title: 'This session has taken place',
    text: 'It has been marked as completed, so its room is closed. Your next appointment has a link of its own.',
  },
  no_show: {
    icon: 'calendar',
    title: 'This appointment is closed',
    text: 'It was marked as missed. Please get in touch with the clinic to find a new time.',
  },
  closed: {
    icon: 'calendar',
    title: 'This appointment is closed',
    text: 'Its room does not open any more. Please get in touch with the clinic if you expected it to.',
  },
};

const notices = {
  bad_link: {
    icon: 'link',
    title: 'This link is not complete',
    text: 'Part of it seems to be missing. Please open it again from your e-mail or message, or copy all of it.',
  },
  signed_out: {
    icon: 'key',
    title: 'Please sign in first',
    text: 'We need to know that it is you before we open the door. You come back to this page afterwards.',
    action: 'sign_in',
  },
  not_found: {
    icon: 'link',
    title: 'We can’t find this appointment',
    text: 'It may belong to another account, or the link is an old one. Sign in with the account that made the booking, or open the link from your latest message.',
    action: 'sign_in',
  },
  not_yours: {
    icon: 'key',
    title: 'This room is for two people only',
    text: 'A session is private: only the patient and the psychologist can enter it, not other staff.',
  },
  too_late: {
    icon: 'clock',
    title: 'This session is over',
    text: 'Its time has passed and the room is closed. If you still need to talk, please get in touch with the clinic.',
  },
  in_person: {
    icon: 'home',
    title: 'This appointment is in person',
    text: 'There is no video room for it: please come to the clinic. The address is in your confirmation.',
  },
  unavailable: {
    icon: 'cloud',
    title: 'The video service is not answering',
    text: 'This is on our side and usually passes quickly. You can leave this page open: it tries again by itself.',
    action: 'retry',
  },
  offline: {
    icon: 'wifi',
    title: 'You seem to be offline',
    text: 'We can’t reach the clinic. Please check your connection: the page goes on by itself as soon as it is back.',
    action: 'retry',
  },
  broken: {
    icon: 'cloud',
    title: 'Something is not right',
    text: 'We got an answer that we did not expect. Please try again in a moment.',
    action: 'retry',
    wait: 30,
  },
  unsupported: {
    icon: 'browser',
    title: 'This browser can’t make video calls',
    text: 'Please open the link in a current version of Safari, Chrome, Edge or Firefox. Browsers inside other apps often can’t do it.',
  },
  // After or during the call.
  left: {
    icon: 'wave',
    title: 'You have left the session',
    text: 'If that was too soon, you can go back in while the room is open.',
    action: 'lobby',
    label: 'Go back in',
    quiet: true,
  },
  ended: {
    icon: 'check',
    title: 'The session has ended',
    text: 'The room is closed now. You can close this page.',
    action: 'lobby',
    label: 'Go back in',
    quiet: true,
  },
  duplicate: {
    icon: 'screens',
    title: 'You joined somewhere else',
    text: 'The session went on in another tab or on another device, so this one was closed.',
    action: 'lobby',
    label: 'Continue here instead',
    quiet: true,
  },
  full: {
    icon: 'people',
    title: 'The room is full',
    text: 'Two people are in it already. If you have it open on another device, leave it there first.',
    action: 'lobby',
    label: 'Try again',
  },
  connection_lost: {
    icon: 'wifi',
    title: 'The connection was lost',
    text: 'We tried to get it back and could not. Please check your network and join again: the room is still open.',
    action: 'lobby',
    label: 'Join again',
  },
  not_connected: {
    icon: 'wifi',
    title: 'We could not connect you',
    text: 'The network you are on may block video calls. Try again, or another network such as your phone’s.',
    action: 'lobby',
    label: 'Try again',
  },
};

export function noticeFor(outcome) {
  const found = outcome.kind === 'closed' ? (closed[outcome.status] ?? closed.closed) : notices[outcome.kind];
  return { action: 'none', ...(found ?? notices.broken) };
}

// Why a device does not work, and what helps.
const devices = {
  refused: {
    both: ['Camera and microphone are blocked', 'Allow them for this site: look for the camera or lock symbol in the address bar, or in your device’s privacy settings. Then try again.'],
    camera: ['The camera is blocked', 'Allow it for this site: look for the camera or lock symbol in the address bar. You can also join with sound only.'],
    microphone: ['The microphone is blocked', 'Allow it for this site: look for the lock symbol in the address bar. Without it nobody can hear you.'],
  },
  missing: {
    both: ['No camera and no microphone found', 'Please connect a headset or use a phone. You can join, but nobody sees or hears you.'],
    camera: ['No camera found', 'Please connect one, or join with sound only.'],
    microphone: ['No microphone found', 'Please connect a headset or microphone. Without it nobody can hear you.'],
  },
  busy: {
    both: ['Camera and microphone are in use', 'Another program seems to hold them. Close other calls, then try again.'],
    camera: ['The camera is in use', 'Another program or tab seems to hold it. Close other calls, then try again.'],
    microphone: ['The microphone is in use', 'Another program or tab seems to hold it. Close other calls, then try again.'],
  },
  other: {
    both: ['Camera and microphone do not start', 'Please try again, or restart the browser.'],
    camera: ['The camera does not start', 'Please try again, or choose another one below.'],
    microphone: ['The microphone does not start', 'Please try again, or choose another one below.'],
  },
};

// Of { camera, microphone }: each a reason or null. null when both work.
export function deviceWords(problems) {
  const { camera, microphone } = problems;
  if (camera && microphone) {
    return devices[camera === microphone ? camera : 'other'].both;
  }
  if (camera) {
    return devices[camera].camera;
  }
  return microphone ? devices[microphone].microphone : null;
}
