// What the page asks of the gateway. Everything is on the port the page came from.
const at = (path) => new URL(path, import.meta.url);

async function answer(response) {
  if (response.ok) return response.status === 204 ? null : response.json();
  let reason = `${response.status} ${response.statusText}`;
  try {
    const body = await response.json();
    reason = body.error?.message ?? body.message ?? body.detail ?? reason;
  } catch {
    // The status says it.
  }
  throw new Error(reason);
}

const get = async (path) => answer(await fetch(at(path), { headers: { accept: 'application/json' } }));

const post = async (path, body, headers = {}) =>
  answer(await fetch(at(path), { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body }));

export const settings = () => get('settings');
export const decisions = (limit = 100) => get(`../actuator/decisions?limit=${limit}`);
export const explain = (body, headers) => post('../actuator/decisions', body, headers);
export const findSession = (question) => post('sessions/find', JSON.stringify(question));
export const releaseSession = (question) => post('sessions/release', JSON.stringify(question));
export const history = (pool, range, endpoint) => {
  const query = new URLSearchParams({ pool, range });
  if (endpoint) query.set('endpoint', endpoint);
  return get(`history?${query}`);
};
export const sparks = (pool) => get(`history?${new URLSearchParams({ pool, range: '1h', endpoints: '' })}`);

// Calls back with every second's state, and when the connection comes and goes; the browser connects again by itself.
export function follow(onState, onConnection) {
  const source = new EventSource(at('live'));
  source.onopen = () => onConnection('live');
  source.onerror = () => onConnection('lost');
  source.onmessage = (event) => onState(JSON.parse(event.data));
}
