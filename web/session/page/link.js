// The link of a visit, /video-session/{room}: the room's name tells the appointment.

const roomName = /^apt-([0-9]{1,19})-[0-9]{1,19}-[0-9a-f]{8}$/;

// { room, appointment }, or null for what is no link of ours. The id stays text: it may need 64 bits.
export function readLink(pathname) {
  const room = pathname.replace(/\/+$/, '').split('/').pop() ?? '';
  const found = roomName.exec(room);
  return found ? { room, appointment: found[1] } : null;
}
