// The operators' page: follows the gateway's live state and draws the view that the address names.
import { html, render, nothing } from './lib/lit-html.js';
import * as api from './api.js';
import { state, update, onUpdate, currentPool } from './store.js';
import { time } from './format.js';
import { link, readAddress } from './address.js';
import { ENDPOINT_CHARTS, endpointNow, endpointView, loadEndpoint } from './endpoint.js';
import { events, loadEvents } from './events.js';
import { fleet } from './fleet.js';
import { headline } from './headline.js';
import { loadCharts } from './charts.js';
import { loadPreferences, preferencesBar } from './preferences.js';
import { problemList, problemsOf } from './problems.js';
import { wall } from './wall.js';
import { runbook } from './runbook.js';
import { endpoints } from './endpoints.js';
import { cache, loadCache } from './cache.js';
import { trends, loadTrends } from './trends.js';
import { decisions, loadDecisions } from './decisions.js';
import { sessions } from './sessions.js';

const VIEWS = {
  fleet: { title: 'Fleet', draw: fleet },
  overview: { title: 'Pool', draw: overview, ofPool: true },
  trends: { title: 'Trends', draw: trends, enter: loadTrends, ofPool: true },
  cache: { title: 'Cache', draw: cache, enter: loadCache, ofPool: true },
  events: { title: 'Events', draw: events, enter: loadEvents },
  decisions: { title: 'Decisions', draw: decisions, enter: loadDecisions, ofPool: true },
  sessions: { title: 'Sessions', draw: sessions, ofPool: true },
  wall: { title: 'Wall', draw: wall },
  endpoint: { title: 'Endpoint', draw: endpointView, enter: loadEndpointView, hidden: true },
  runbook: { title: 'Runbook', draw: runbook, hidden: true },
};

const viewNow = () => (VIEWS[state.address.view] ? state.address.view : 'fleet');

function loadEndpointView() {
  loadEndpoint();
  loadCharts(ENDPOINT_CHARTS, endpointNow()?.id ?? state.address.endpoint);
}

function overview() {
  const pool = currentPool().pool;
  return html`${problemList(problemsOf(pool), `in pool ${pool}`)}${headline()}${endpoints()}`;
}

function connection() {
  if (state.connection !== 'lost') return state.connection === 'live' ? 'Live' : 'Connecting…';
  return state.live ? `Connection lost, reconnecting; shown as of ${time(state.live.at, state.preferences.utc)}` : 'Connection lost, reconnecting';
}

function page() {
  const pools = state.live?.pools ?? [];
  return html`
    <header>
      <h1>Warmlane</h1>
      <nav aria-label="Views">
        ${Object.entries(VIEWS)
          .filter(([, view]) => !view.hidden)
          .map(
            ([name, view]) =>
              html`<a href=${link(name, { pool: state.address.pool })} aria-current=${viewNow() === name ? 'page' : nothing}>${view.title}</a>`,
          )}
      </nav>
      <span class="spacer"></span>
      ${pools.length > 1 && VIEWS[viewNow()].ofPool
        ? html`<label class="pool"
            >Pool
            <select @change=${(event) => choosePool(event.target.value)}>
              ${pools.map((pool) => html`<option ?selected=${pool === currentPool()}>${pool.pool}</option>`)}
            </select></label
          >`
        : nothing}
      ${preferencesBar()}
      <span class="connection ${state.connection}" role="status">${connection()}</span>
    </header>
    <main id="main" tabindex="-1" class=${state.connection === 'lost' ? 'old' : nothing}>${state.live ? VIEWS[viewNow()].draw() : html`<p class="note">Waiting for the gateway…</p>`}</main>
  `;
}

function choosePool(pool) {
  location.hash = link(state.address.view, { ...state.address, view: null, pool });
}

async function loadSparks() {
  const pool = currentPool();
  if (!pool) return;
  try {
    update({ sparks: await api.sparks(pool.pool) });
  } catch {
    // The next time; the small charts stay as they are.
  }
}

// Goes where the address says; what was loaded for another place is forgotten.
function enterView() {
  const before = { ...state.address, pool: currentPool()?.pool };
  update({ address: readAddress() });
  const changed = (name) => before[name] !== state.address[name];
  if (currentPool()?.pool !== before.pool) {
    update({ sparks: {}, decisions: null, history: null, cache: null, cachePoint: null });
    loadSparks();
  }
  if (['view', 'range', 'week', 'endpoint'].some(changed)) update({ history: null, decisions: null, details: null, orderTold: null, orderFailed: null });
  if (changed('view')) document.getElementById('main')?.focus({ preventScroll: true });
  document.body.classList.toggle('on-wall', viewNow() === 'wall');
  const view = VIEWS[viewNow()];
  document.title = `${view.title} – Warmlane`;
  if (state.live) view.enter?.();
}

// Drawn at most once a frame, whatever has changed.
let drawing = false;
onUpdate(() => {
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    render(page(), document.getElementById('app'));
  });
});

document.getElementById('app').replaceChildren();
addEventListener('hashchange', enterView);
addEventListener('preferences', () => VIEWS[viewNow()].enter?.());
// At every connection, because the gateway behind it may have been started with others.
async function loadSettings() {
  try {
    update({ settings: await api.settings() });
  } catch {
    // With the next connection; until then what is wrong has a name and no advice.
  }
}

let loadedOnce = false;
api.follow(
  (live) => {
    update({ live });
    if (!loadedOnce) {
      loadedOnce = true;
      loadSparks();
      VIEWS[viewNow()].enter?.();
    }
  },
  (connection) => {
    update({ connection });
    if (connection === 'live') loadSettings();
  },
);
setInterval(loadSparks, 30_000);
setInterval(() => {
  if (!state.live || document.hidden || (viewNow() === 'decisions' && state.decisionsPaused)) return;
  VIEWS[viewNow()].enter?.();
}, 5_000);
loadPreferences();
enterView();
