// One endpoint: how it is, what this gateway has seen of its requests over time, and what an operator can do with it.
import { html, nothing } from './lib/lit-html.js';
import { link } from './address.js';
import { chartGrid, rangeBar } from './charts.js';
import { confirmed } from './confirm.js';
import { problemList, problemsOf } from './problems.js';
import { currentPool, state, update } from './store.js';
import { compact, count, counted, DASH, percent, rate, seconds, time } from './format.js';
import { why } from './endpoints.js';
import * as api from './api.js';

export const ENDPOINT_CHARTS = [
  { id: 'requests', title: 'Requests per second', format: rate, lines: { requestsPerSecond: 'requests' } },
  { id: 'errors', title: 'Failed, and sent to another', format: percent, atLeast: 0.01, lines: { failedShare: 'failed', movedOnShare: 'sent to another' } },
  { id: 'ttft', title: 'Time to first token', format: seconds, lines: { ttftP50: 'p50', ttftP90: 'p90' } },
  { id: 'hits', title: 'Prefix cache hits', format: percent, atLeast: 1, lines: { reportedHitRatio: 'as its responses report', hitRatio: 'as the engine counts' } },
  { id: 'load', title: 'In flight, running, waiting', format: rate, lines: { inFlight: 'in flight', running: 'running', waiting: 'waiting' } },
  { id: 'down', title: 'Not in use', format: percent, atLeast: 1, lines: { downShare: 'share of the time' } },
];

export const endpointNow = () =>
  currentPool()?.endpoints.find((endpoint) => endpoint.id === state.address.endpoint || endpoint.name === state.address.endpoint) ?? null;

export async function loadEndpoint() {
  const endpoint = endpointNow();
  if (!endpoint) return;
  try {
    const details = await api.endpointDetails(currentPool().pool, endpoint.id);
    if (endpointNow()?.id === endpoint.id) update({ details: { id: endpoint.id, ...details } });
  } catch {
    // The next time; what was told before stays.
  }
}

const ACTIONS = {
  drain: {
    title: 'Drain',
    asks: 'No replica sends it new requests until it is readmitted. It finishes what it serves; sessions that are bound to it move.',
    possible: (endpoint) => endpoint.state !== 'drained',
  },
  eject: {
    title: 'Eject',
    asks: 'This replica ejects it as if it had failed. It comes back by itself: when the ejection is over, the next request tests it.',
    possible: (endpoint) => !endpoint.ejection && endpoint.state !== 'drained',
  },
  readmit: {
    title: 'Readmit',
    asks: 'It takes requests again at once. A drain ends at all replicas, an ejection at this one.',
    possible: (endpoint) => endpoint.ejection !== null || endpoint.state === 'drained',
  },
  forget: {
    title: 'Forget predictions',
    asks: 'All replicas take its cache for empty until requests have filled it again. Sessions stay bound.',
    possible: () => true,
  },
};

async function order(action, endpoint) {
  const pool = currentPool();
  // What is not of its cache is of its server, and so of all its ranks.
  const ranks = action === 'forget' || !endpoint.server ? [endpoint] : pool.endpoints.filter((other) => other.server === endpoint.server);
  const last = action === 'drain' || action === 'eject' ? pool.totals.selectable <= ranks.length : false;
  const { title, asks } = ACTIONS[action];
  const subject = ranks.length > 1 ? `${endpoint.server} with its ${ranks.length} ranks` : endpoint.name;
  if (!(await confirmed(`${title} ${subject}?`, `${asks}${last ? ' It is the last endpoint of the pool that takes requests: the others will be refused.' : ''}`, title))) return;
  try {
    const { changed } = await api.orderEndpoint(pool.pool, endpoint.id, action);
    update({ orderTold: changed ? `Done: ${title.toLowerCase()}.` : 'Nothing to change.', orderFailed: null });
  } catch (failure) {
    update({ orderTold: null, orderFailed: failure.message });
  }
  loadEndpoint();
}

const actions = (endpoint) =>
  state.settings?.readOnly !== false
    ? html`<p class="note">This page is read-only, so nothing can be done here.</p>`
    : html`<div class="choices" role="group" aria-label="Actions">
          ${Object.entries(ACTIONS).map(
            ([action, { title, possible }]) => html`<button ?disabled=${!possible(endpoint)} @click=${() => order(action, endpoint)}>${title}…</button>`,
          )}
        </div>
        ${state.orderTold ? html`<p role="status">${state.orderTold}</p>` : nothing}
        ${state.orderFailed ? html`<p class="problem" role="alert">${state.orderFailed}</p>` : nothing}`;

const fact = (name, value, details = nothing) => html`<div class="tile">
  <dt>${name}</dt>
  <dd><strong>${value}</strong><span>${details}</span></dd>
</div>`;

function facts(endpoint) {
  const details = state.details?.id === endpoint.id ? state.details : null;
  const check = details?.lastCheck;
  return html`<dl class="tiles facts">
    ${fact('State', html`<span class="state ${endpoint.state}">${endpoint.state}</span>`, details?.drainedAt ? `since ${time(details.drainedAt, state.preferences.utc)}, by an operator` : why(endpoint))}
    ${fact(
      'Last health check',
      check ? html`<span class=${check.passed ? 'well' : 'problem'}>${check.answer}</span>` : DASH,
      check ? `at ${time(check.at, state.preferences.utc)}, took ${count(check.tookMillis)} ms` : 'none yet',
    )}
    ${fact('Downtime', details ? seconds(details.downSeconds) : DASH, details ? `in ${seconds(details.knownSeconds)} that this replica has known it` : nothing)}
    ${fact('Restarts', count(details?.restarts), 'seen by this replica')}
    ${fact('In flight', count(endpoint.inFlight), `${compact(endpoint.inFlightPromptTokens)} prompt tokens · ${counted(endpoint.sessions, 'binding')}`)}
    ${fact('KV usage', percent(endpoint.kvCacheUsage, 0), `${count(endpoint.running)} running · ${count(endpoint.waiting)} waiting`)}
    ${fact('vLLM', endpoint.version ?? DASH, endpoint.blocks ? `${compact(endpoint.blocks)} blocks of ${endpoint.blockSizeTokens} tokens` : nothing)}
    ${fact('Models', count(endpoint.models.length), endpoint.models.slice(0, 5).join(', '))}
  </dl>`;
}

export function endpointView() {
  const pool = currentPool();
  const endpoint = endpointNow();
  if (!endpoint)
    return html`<section><p>No endpoint ${state.address.endpoint} in pool ${pool.pool}. It may have left. <a href=${link('overview', { pool: pool.pool })}>Pool ${pool.pool}</a></p></section>`;
  const own = problemsOf(pool.pool).filter((problem) => problem.endpoint === endpoint.name);
  return html`
    <section aria-labelledby="endpoint-title">
      <div class="bar-line">
        <h2 id="endpoint-title">${endpoint.name}</h2>
        <span class="note">${endpoint.uri} · pool <a href=${link('overview', { pool: pool.pool })}>${pool.pool}</a> ·
          <a href=${link('decisions', { pool: pool.pool, endpoint: endpoint.name })}>decisions</a></span>
      </div>
      ${facts(endpoint)} ${actions(endpoint)}
    </section>
    ${own.length ? problemList(own, 'of this endpoint') : nothing}
    <section aria-labelledby="seen-title">
      ${rangeBar(html`<h2 id="seen-title">As this gateway sees it</h2>`)}
      ${chartGrid(ENDPOINT_CHARTS)}
    </section>
  `;
}
