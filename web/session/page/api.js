// Asks for the video token of an appointment, and says what came as one value with a `kind`.
//
//   token        accessToken, room, opensAt
//   too_early    opensAt
//   too_late | not_found | not_yours | in_person | signed_out
//   closed       status: cancelled, completed, no_show
//   unavailable  retryAfter (seconds)
//   offline      the question did not arrive, or its answer
//   broken       an answer that nobody expects
//
// Each has clockOffset: what to add to this machine's clock to have the server's, in ms.

const patience = 20_000;
const defaultRetry = 10;
const longestRetry = 300;

function clockOffset(answer) {
  const server = Date.parse(answer.headers.get('Date') ?? '');
  const offset = server - Date.now();
  // The header has whole seconds: less than two is no difference.
  return Number.isFinite(offset) && Math.abs(offset) > 2000 ? offset : 0;
}

// Seconds or a date (RFC 9110 §10.2.3).
export function retryAfter(text, now = Date.now()) {
  const seconds = /^\d+$/.test(text ?? '') ? Number(text) : (Date.parse(text ?? '') - now) / 1000;
  return Number.isFinite(seconds) ? Math.min(Math.max(Math.ceil(seconds), 1), longestRetry) : defaultRetry;
}

export function understand(status, body, headers) {
  const opensAt = Date.parse(body?.opens_at ?? '');
  switch (status) {
    case 200:
      return typeof body?.access_token === 'string' && typeof body?.room_name === 'string'
        ? { kind: 'token', accessToken: body.access_token, room: body.room_name, opensAt }
        : { kind: 'broken' };
    case 400:
      return { kind: body?.code === 'not_telehealth' ? 'in_person' : 'broken' };
    case 401:
      return { kind: 'signed_out' };
    case 403:
      if (body?.code === 'too_early' && Number.isFinite(opensAt)) {
        return { kind: 'too_early', opensAt };
      }
      return { kind: body?.code === 'too_late' ? 'too_late' : 'not_yours' };
    case 404:
      return { kind: 'not_found' };
    case 409:
      return { kind: 'closed', status: body?.appointment_status ?? 'closed' };
    case 429:
    case 500:
    case 502:
    case 503:
    case 504:
      return { kind: 'unavailable', retryAfter: retryAfter(headers.get('Retry-After')) };
    default:
      return { kind: 'broken' };
  }
}

export async function askForToken(base, appointment, bearer) {
  let answer;
  let body = null;
  // AbortSignal.timeout() is younger than the phones of some patients.
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), patience);
  try {
    answer = await fetch(`${base}/api/appointments/video-token/${appointment}/`, {
      headers: { Authorization: `Bearer ${bearer}`, Accept: 'application/json' },
      cache: 'no-store',
      credentials: 'omit',
      redirect: 'error',
      signal: abort.signal,
    });
    body = await answer.json().catch(() => null);
  } catch {
    return { kind: 'offline', clockOffset: 0 };
  } finally {
    clearTimeout(timer);
  }
  return { ...understand(answer.status, body, answer.headers), clockOffset: clockOffset(answer) };
}
