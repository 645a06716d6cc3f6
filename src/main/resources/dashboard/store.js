// The state of the page. Views read it; whoever changes it calls update, and everything is drawn again.
import { readAddress } from './address.js';

export const state = {
  connection: 'connecting', // connecting, live, lost
  live: null,
  settings: null,
  address: readAddress(), // { view, pool, range, ... }
  filter: '',
  sort: { by: 'name', descending: false },
  sparks: {}, // endpoint id -> hit ratios of the last hour
  preferences: { theme: 'auto', utc: false },
  events: null,
  eventsError: null,
  details: null, // of one endpoint
  orderTold: null,
  orderFailed: null,
  history: null, // { range, data } or { range, error }
  cache: null, // the curve, the ladder and the advice of a pool
  cacheError: null,
  cachePoint: null, // of the curve, under the pointer
  decisions: null,
  decisionsError: null,
  delivery: [], // prediction accuracy by endpoint
  decisionsPaused: false,
  decisionsOf: '', // the id of a request, to show only its decisions
  opened: null, // the decision whose candidates are shown
  explain: { body: '', headers: '', decision: null, error: null, busy: false },
  session: { source: 'session', key: '', tenant: '', found: null, error: null, message: null },
};

let draw = () => {};

export function onUpdate(callback) {
  draw = callback;
}

export function update(changes = {}) {
  Object.assign(state, changes);
  draw();
}

export function currentPool() {
  const pools = state.live?.pools ?? [];
  return pools.find((pool) => pool.pool === state.address.pool) ?? pools[0] ?? null;
}
