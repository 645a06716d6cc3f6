// A row for each endpoint, sorted and filtered.
import { html, nothing } from './lib/lit-html.js';
import { repeat } from './lib/directives/repeat.js';
import { link } from './address.js';
import { currentPool, state, update } from './store.js';
import { compact, count, DASH, percent, seconds, wholeSeconds } from './format.js';
import { bar, spark } from './spark.js';

const COLUMNS = [
  { id: 'name', title: 'Endpoint', of: (e) => e.name, text: true },
  { id: 'state', title: 'State', of: (e) => e.state, text: true },
  { id: 'hits', title: 'Hits 5 min', of: (e) => e.prefixCache.hitRatio['5m'] },
  { id: 'trend', title: 'Last hour' },
  { id: 'kv', title: 'KV usage', of: (e) => e.kvCacheUsage },
  { id: 'running', title: 'Running', of: (e) => e.running },
  { id: 'waiting', title: 'Waiting', of: (e) => e.waiting },
  { id: 'inFlight', title: 'In flight', of: (e) => e.inFlight },
  { id: 'promptTokens', title: 'Tokens in flight', of: (e) => e.inFlightPromptTokens },
  { id: 'sessions', title: 'Bindings', of: (e) => e.sessions },
  { id: 'scrape', title: 'Scraped', of: (e) => e.scrape.ageMillis },
];

// Ranks under their server, the tenth after the ninth.
const byName = new Intl.Collator(undefined, { numeric: true }).compare;

function sorted(endpoints) {
  const column = COLUMNS.find((candidate) => candidate.id === state.sort.by);
  const sign = state.sort.descending ? -1 : 1;
  return [...endpoints].sort((a, b) => {
    const [x, y] = [column.of(a), column.of(b)];
    if (x === y) return byName(a.name, b.name);
    if (x === null || x === undefined) return 1;
    if (y === null || y === undefined) return -1;
    return sign * (column.text ? byName(x, y) : x - y);
  });
}

function sortBy(id) {
  const same = state.sort.by === id;
  update({ sort: { by: id, descending: same ? !state.sort.descending : false } });
}

const headerCell = (column) => {
  if (!column.of) return html`<th scope="col">${column.title}</th>`;
  const current = state.sort.by === column.id;
  return html`<th scope="col" class=${column.text ? '' : 'number'} aria-sort=${current ? (state.sort.descending ? 'descending' : 'ascending') : nothing}>
    <button @click=${() => sortBy(column.id)}>${column.title}${current ? (state.sort.descending ? ' ▾' : ' ▴') : ''}</button>
  </th>`;
};

// Why an endpoint gets no new requests, or few, where nothing has failed.
const NOTES = {
  draining: () => 'terminates: takes only what is bound to it',
  drained: () => 'by an operator',
  sleeping: () => 'until its engine wakes up',
  starting: ({ loadShare }) => `slow start: takes ${percent(loadShare, 0)} of its share`,
  suspect: () => 'its health check is late',
  warming: () => 'its cache is filled first',
};

export const why = (endpoint) =>
  endpoint.ejection
    ? html`<small
        >${endpoint.ejection.reason.replaceAll('_', ' ')}, for ${wholeSeconds(endpoint.ejection.forMillis / 1000)}${endpoint.ejection.probation
          ? ', the next request tests it'
          : endpoint.ejection.remainingMillis
            ? html`, tested again in ${wholeSeconds(endpoint.ejection.remainingMillis / 1000)}`
            : nothing}</small
      >`
    : NOTES[endpoint.state]
      ? html`<small>${NOTES[endpoint.state](endpoint)}</small>`
      : nothing;

// What is fresh reads the same every second, so that hundreds of rows are not laid out anew for it.
// An endpoint with nothing to do is scraped every two seconds, more or less.
const age = (millis) => (millis === null ? DASH : millis < 3000 ? '< 3 s' : seconds(millis / 1000));

const said = ({ role, version, blocks, blockSizeTokens }) =>
  [role, version && `vLLM ${version}`, blocks && blockSizeTokens && `${compact(blocks)} blocks of ${blockSizeTokens}`].filter(Boolean).join(' · ');

const row = (endpoint) => html`
  <tr>
    <th scope="row" title=${endpoint.uri}><a class="name" href=${link('endpoint', { pool: state.address.pool ?? currentPool().pool, endpoint: endpoint.id })}>${endpoint.name}</a><small>${said(endpoint)}</small></th>
    <td><span class="state ${endpoint.state}">${endpoint.state}</span>${why(endpoint)}</td>
    <td class="number">${endpoint.prefixCaching === false ? 'off' : percent(endpoint.prefixCache.hitRatio['5m'])}</td>
    <td>${spark(state.sparks[endpoint.id], `Hit ratio of the last hour, now ${percent(endpoint.prefixCache.hitRatio['1m'])}`)}</td>
    <td class="number">${bar(endpoint.kvCacheUsage, `KV usage ${percent(endpoint.kvCacheUsage)}`)} ${percent(endpoint.kvCacheUsage, 0)}</td>
    <td class="number">${count(endpoint.running)}</td>
    <td class="number ${endpoint.waiting > 0 ? 'hot' : ''}">${count(endpoint.waiting)}</td>
    <td class="number">${count(endpoint.inFlight)}</td>
    <td class="number">${compact(endpoint.inFlightPromptTokens)}</td>
    <td class="number">${count(endpoint.sessions)}</td>
    <td class="number ${endpoint.scrape.error ? 'hot' : ''}" title=${endpoint.scrape.error ?? nothing}>
      ${age(endpoint.scrape.ageMillis)}${endpoint.scrape.error
        ? html`<small>${endpoint.scrape.error}</small>`
        : nothing}
    </td>
  </tr>
`;

export function endpoints() {
  const pool = currentPool();
  const wanted = state.filter.trim().toLowerCase();
  const shown = sorted(
    pool.endpoints.filter((e) => !wanted || `${e.name} ${e.role ?? ''} ${e.state} ${e.ejection?.reason ?? ''} ${e.version ?? ''}`.toLowerCase().includes(wanted)),
  );
  return html`
    <section aria-labelledby="endpoints-title">
      <div class="bar-line">
        <h2 id="endpoints-title">Endpoints of ${pool.pool}</h2>
        ${state.live.replicas.length > 1 ? html`<span class="note">in flight, tokens in flight and state: as this replica has them</span>` : nothing}
        ${pool.endpoints.length === 0
          ? nothing
          : html`<label>Filter <input type="search" placeholder="name, role, state, version" .value=${state.filter} @input=${(event) => update({ filter: event.target.value })} /></label>
              <span class="note" role="status">${shown.length} of ${pool.endpoints.length}</span>`}
      </div>
      ${pool.endpoints.length === 0
        ? html`<p class="note">No endpoints. Discovery has found none or has not listed them yet; see <a href="/actuator/health">/actuator/health</a>.</p>`
        : html`<div class="scroll" tabindex="0" role="region" aria-label="Table of endpoints">
            <table>
              <thead>
                <tr>
                  ${COLUMNS.map(headerCell)}
                </tr>
              </thead>
              <tbody>
                ${repeat(shown, (endpoint) => endpoint.id, row)}
              </tbody>
            </table>
            ${shown.length === 0 ? html`<p class="note">Nothing matches “${state.filter}”.</p>` : nothing}
          </div>`}
    </section>
  `;
}
