// The requests of the page to the gateway, all on the port that the page came from.
// The page's own files lie in a directory of their version.
const at = (path) => new URL(`../${path}`, import.meta.url);

async function read(response) {
  if (response.ok) return response.status === 204 ? null : response.json();
  let reason = `${response.status} ${response.statusText}`;
  try {
    const body = await response.json();
    reason = body.error?.message ?? body.message ?? body.detail ?? reason;
  } catch {
    // The status is all there is to say.
  }
  throw new Error(reason);
}

const get = async (path) => read(await fetch(at(path), { headers: { accept: 'application/json' } }));

const post = async (path, body, headers = {}) =>
  read(await fetch(at(path), { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body }));

export const settings = () => get('settings');
export const decisions = (pool, limit, request, endpoint) => {
  const query = new URLSearchParams({ pool, limit });
  if (request) query.set('request', request);
  if (endpoint) query.set('endpoint', endpoint);
  return get(`../actuator/decisions?${query}`);
};
export const cache = (pool) => get(`../actuator/cache/${encodeURIComponent(pool)}`);
export const explain = (body, headers) => post('../actuator/decisions', body, headers);
export const findSession = (question) => post('sessions/find', JSON.stringify(question));
export const releaseSession = (question) => post('sessions/release', JSON.stringify(question));
export const events = (pool) => get(`events?${new URLSearchParams(pool ? { pool } : {})}`);
export const endpointDetails = (pool, endpoint) => get(`endpoint?${new URLSearchParams({ pool, endpoint })}`);
export const orderEndpoint = (pool, endpoint, action) => post('endpoint', JSON.stringify({ pool, endpoint, action }));
export const history = (pool, range, endpoint, week) => {
  const query = new URLSearchParams({ pool, range });
  if (endpoint) query.set('endpoint', endpoint);
  if (week) query.set('week', 'before');
  return get(`history?${query}`);
};
export const sparks = (pool) => get(`history?${new URLSearchParams({ pool, range: '1h', endpoints: '' })}`);

const SILENCE_MILLIS = 10_000; // a state comes every second
const AGAIN_MILLIS = 3_000;

// Calls back with the state of every second, and when the connection is made or lost. Reconnects where the browser would not: when
// a proxy in front responds for a gateway that is down, and when an open connection stays silent. A browser makes six connections to
// a host and no more, so a page that nobody sees leaves its own to the others.
export function follow(onState, onConnection) {
  let source = null;
  let timer;
  const stop = () => {
    source?.close();
    clearTimeout(timer);
  };
  const lost = () => {
    stop();
    onConnection('lost');
    timer = setTimeout(start, AGAIN_MILLIS);
  };
  const heard = () => {
    clearTimeout(timer);
    timer = setTimeout(lost, SILENCE_MILLIS);
  };
  const start = () => {
    source = new EventSource(at('live'));
    source.onopen = () => {
      heard();
      onConnection('live');
    };
    source.onerror = lost;
    source.onmessage = (event) => {
      heard();
      onState(JSON.parse(event.data));
    };
    heard();
  };
  document.addEventListener('visibilitychange', () => {
    stop();
    if (!document.hidden) start();
  });
  if (!document.hidden) start();
}
