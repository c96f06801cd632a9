// English: what the page says. words_vi.js has the same keys; a test holds them together.

export const en = {
  locale: 'en-AU',

  page: {
    title: 'Video session',
    private: 'Private room',
    opening: 'Opening your session…',
    help: 'Trouble getting in?',
    help_call: 'Call',
    help_write: 'Write to',
    help_or_write: 'or write to',
    retry: 'Try now',
    retry_in: (seconds) => `Trying again in ${seconds} s`,
    retrying: 'Trying…',
    sign_in: 'Sign in',
  },

  time: {
    today: (time) => `today at ${time}`,
    hours_minutes: (hours, minutes) => `${hours} h ${minutes} min`,
    days_hours: (days, hours) => `${days} ${days === 1 ? 'day' : 'days'} ${hours} h`,
    spoken_hours: (hours) => `${hours} hours`,
    spoken_minutes: (minutes) => (minutes === 1 ? 'one minute' : `${minutes} minutes`),
  },

  lobby: {
    title: 'Settle in',
    text: 'Check how you look and sound. Nobody sees or hears you until you join.',
    page: 'Check your camera',
    early_title: 'You are early',
    early_text: 'Good to see you. Use the time to check your camera and microphone.',
    opens_in: 'The room opens in',
    opens_at: (when) => `It opens ${when}.`,
    opens_in_spoken: (left) => `The room opens in ${left}.`,
    early_note: 'You can leave this page open. The button to join appears by itself.',
    opened: 'The room is open. You can join now.',
    join: 'Join the session',
    joining: 'Opening the door…',
    join_note: 'Only the two of you can enter. It is not recorded.',
    join_without: 'You can join without them too, and turn them on later.',
    picture: 'Your camera’s picture',
    camera_off: 'Your camera is off',
    waiting: 'Waiting for your camera…',
    no_picture: 'No picture',
    ready: 'Ready when you are',
    start: 'Turn on camera and microphone',
    will_ask: 'Your browser will ask you to allow both.',
    asks: 'If your browser asks, please choose “Allow”.',
    started: 'Camera and microphone are on.',
    switches: 'Before you join',
    say_something: 'Say something…',
    heard: 'We can hear you',
    microphone_off: 'Your microphone is off',
    again: 'Try again',
  },

  device: {
    both: 'Camera and microphone',
    camera: 'Camera',
    microphone: 'Microphone',
    done: 'Done',
    numbered: { camera: (number) => `Camera ${number}`, microphone: (number) => `Microphone ${number}` },
    is_on: { camera: 'Your camera is on.', microphone: 'Your microphone is on.' },
    is_off: { camera: 'Your camera is off.', microphone: 'Your microphone is off.' },
    switch_off: { camera: 'Camera off', microphone: 'Mute' },
    switch_on: { camera: 'Camera on', microphone: 'Unmute' },
  },

  call: {
    title: 'In your session',
    page_waiting: 'Waiting in the room',
    other: 'The other person',
    own: 'Your own picture',
    controls: 'Call controls',
    devices: 'Devices',
    leave: 'Leave',
    alone_title: 'You are in the room',
    alone_text: 'The other person is not here yet. They come in as soon as they open the link.',
    no_video: 'Their camera is off',
    only_sound: 'You can still hear each other.',
    no_sound: 'Their microphone is off too.',
    they_muted: 'They are muted',
    own_off: 'Camera off',
    own_muted: 'You are muted',
    reconnecting: 'Reconnecting… please hold on',
    they_weak: 'Their connection is weak, waiting for them…',
    weak: 'Your connection is weak. Turning your camera off helps.',
    reconnected: 'You are connected again.',
    came: 'The other person is in the room.',
    first_alone: 'You are in the room. The other person is not here yet.',
    went: 'The other person has left.',
  },

  // { title, text, label }: label is the button's, where it is not page.retry.
  closed: {
    cancelled: {
      title: 'This appointment was cancelled',
      text: 'There is no session at this link any more. If that surprises you, please get in touch with the clinic.',
    },
    completed: {
      title: 'This session has taken place',
      text: 'It has been marked as completed, so its room is closed. Your next appointment has a link of its own.',
    },
    no_show: {
      title: 'This appointment is closed',
      text: 'It was marked as missed. Please get in touch with the clinic to find a new time.',
    },
    closed: {
      title: 'This appointment is closed',
      text: 'Its room does not open any more. Please get in touch with the clinic if you expected it to.',
    },
  },

  notices: {
    bad_link: {
      title: 'This link is not complete',
      text: 'Part of it seems to be missing. Please open it again from your e-mail or message, or copy all of it.',
    },
    signed_out: {
      title: 'Please sign in first',
      text: 'We need to know that it is you before we open the door. You come back to this page afterwards.',
    },
    not_found: {
      title: 'We can’t find this appointment',
      text: 'It may belong to another account, or the link is an old one. Sign in with the account that made the booking, or open the link from your latest message.',
    },
    not_yours: {
      title: 'This room is for two people only',
      text: 'A session is private: only the patient and the psychologist can enter it, not other staff.',
    },
    too_late: {
      title: 'This session is over',
      text: 'Its time has passed and the room is closed. If you still need to talk, please get in touch with the clinic.',
    },
    in_person: {
      title: 'This appointment is in person',
      text: 'There is no video room for it: please come to the clinic. The address is in your confirmation.',
    },
    unavailable: {
      title: 'The video service is not answering',
      text: 'This is on our side and usually passes quickly. You can leave this page open: it tries again by itself.',
    },
    offline: {
      title: 'You seem to be offline',
      text: 'We can’t reach the clinic. Please check your connection: the page goes on by itself as soon as it is back.',
    },
    broken: {
      title: 'Something is not right',
      text: 'We got an answer that we did not expect. Please try again in a moment.',
    },
    unsupported: {
      title: 'This browser can’t make video calls',
      text: 'Please open the link in a current version of Safari, Chrome, Edge or Firefox. Browsers inside other apps often can’t do it.',
    },
    // After or during the call.
    left: {
      title: 'You have left the session',
      text: 'If that was too soon, you can go back in while the room is open.',
      label: 'Go back in',
    },
    ended: {
      title: 'The session has ended',
      text: 'The room is closed now. You can close this page.',
      label: 'Go back in',
    },
    duplicate: {
      title: 'You joined somewhere else',
      text: 'The session went on in another tab or on another device, so this one was closed.',
      label: 'Continue here instead',
    },
    full: {
      title: 'The room is full',
      text: 'Two people are in it already. If you have it open on another device, leave it there first.',
      label: 'Try again',
    },
    connection_lost: {
      title: 'The connection was lost',
      text: 'We tried to get it back and could not. Please check your network and join again: the room is still open.',
      label: 'Join again',
    },
    not_connected: {
      title: 'We could not connect you',
      text: 'The network you are on may block video calls. Try again, or another network such as your phone’s.',
      label: 'Try again',
    },
  },

  // Why a device does not work, and what helps.
  devices: {
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
  },
};
