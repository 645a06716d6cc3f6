// The first page: what is wrong anywhere, then a row for each pool and each replica.
import { html, nothing } from './lib/lit-html.js';
import { repeat } from './lib/directives/repeat.js';
import { link } from './address.js';
import { everyProblem, has, problemList, roots, titleOf } from './problems.js';
import { state } from './store.js';
import { count, DASH, percent, rate, seconds } from './format.js';

const sum = (values) => values.reduce((all, value) => all + (value ?? 0), 0);

// Figures of several views of pools as one: rates add up, shares are weighed by the requests of those that know them, and of times the worst counts.
function together(views) {
  const total = (name, of = views) => sum(of.map((view) => view.lastMinute[name]));
  const known = (name) => views.filter((view) => (view.lastMinute[name] ?? null) !== null);
  const share = (name) => {
    const requests = total('requestsPerSecond', known(name));
    return requests > 0 ? sum(known(name).map(({ lastMinute }) => lastMinute[name] * lastMinute.requestsPerSecond)) / requests : null;
  };
  const worst = (name) => known(name).reduce((most, view) => Math.max(most ?? 0, view.lastMinute[name]), null);
  return {
    requests: total('requestsPerSecond'),
    queued: total('queued'),
    failed: share('failedShare'),
    refused: share('rejectedShare'),
    stickiness: share('stickiness'),
    losingHits: share('losingHits'),
    delivered: share('deliveredShare'),
    ttftP50: worst('ttftP50'),
    ttftP90: worst('ttftP90'),
    ttftP99: worst('ttftP99'),
    hits: share('hitRatio'),
    inFlight: sum(views.map((view) => view.inFlight)),
  };
}

// A pool as all replicas that are heard see it together; of its healthy endpoints the fewest that any of them sees.
export function ofAllReplicas(pool) {
  const heard = state.live.replicas.filter((replica) => !replica.silent);
  const views = heard.flatMap((replica) => replica.pools ?? []).filter((view) => view.pool === pool.pool);
  return { ...together(views), endpoints: { selectable: Math.min(...views.map((view) => view.selectable)), all: pool.totals.endpoints } };
}

const wrong = (problems) => {
  const causes = roots(problems);
  return causes.length === 0
    ? html`<span class="well">nothing</span>`
    : causes.map((cause) => html`<span class="wrong ${cause.severity}">${titleOf(cause)}</span>`);
};

const FIGURES = ['Hits', 'First token', 'Requests/s', 'Failed', 'Refused', 'Endpoints', 'In flight'];
const WRONG = 'What is wrong';

const heading = (first) => html`<thead>
  <tr>
    <th scope="col">${first}</th>
    ${FIGURES.map((figure) => html`<th scope="col" class="number">${figure}</th>`)}
    <th scope="col">${WRONG}</th>
  </tr>
</thead>`;

// The figures of a row in the order of FIGURES, each a text or [text, whether it is what is wrong], and what is wrong. Cells name their columns for narrow screens.
const cells = (figures, wrongs) => html`
  ${figures.map((figure, i) => {
    const [text, hot] = Array.isArray(figure) ? figure : [figure, false];
    return html`<td class="number ${hot ? 'hot' : ''}" data-column=${FIGURES[i]}>${text}</td>`;
  })}
  <td class="wrap" data-column=${WRONG}>${wrongs}</td>
`;

function figures(hits, all, endpoints, problems) {
  const hot = (...ids) => has(problems, ...ids);
  return cells(
    [
      [percent(hits), hot('hit-ratio-low', 'prefix-caching-off')],
      [html`${seconds(all.ttftP50)}<small>p90 ${seconds(all.ttftP90)}</small>`, hot('ttft-slow')],
      rate(all.requests),
      [percent(all.failed), hot('errors')],
      [percent(all.refused), hot('rate-limited')],
      [`${count(endpoints.selectable)} / ${count(endpoints.all)}`, hot('no-selectable-endpoint', 'panic-mode', 'endpoint-ejected')],
      count(all.inFlight),
    ],
    wrong(problems),
  );
}

function poolRow(pool, problems) {
  const all = ofAllReplicas(pool);
  return html`<tr>
    <th scope="row"><a class="name" href=${link('overview', { pool: pool.pool })}>${pool.pool}</a><small>${pool.policy}</small></th>
    ${figures(pool.hitRatio['1m'], all, all.endpoints, problems.filter((problem) => problem.pool === pool.pool))}
  </tr>`;
}

// What no pool got; of this replica alone.
function noPoolRow() {
  const { requestsPerSecond, refusedPerSecond, reasonsPerSecond } = state.live.unrouted;
  const byReason = { ...reasonsPerSecond, other: Math.max(0, refusedPerSecond - sum(Object.values(reasonsPerSecond))) };
  const reasons = Object.entries(byReason)
    .filter(([, perSecond]) => perSecond > 0.01)
    .map(([reason, perSecond]) => `${REASONS[reason] ?? reason} ${rate(perSecond)}/s`);
  return html`<tr>
    <th scope="row">none<small>before a pool was known</small></th>
    ${cells(
      [DASH, DASH, rate(requestsPerSecond), DASH, [percent(requestsPerSecond > 0 ? refusedPerSecond / requestsPerSecond : null), reasons.length > 0], DASH, DASH],
      reasons.length ? `refused: ${reasons.join(', ')}` : html`<span class="well">nothing</span>`,
    )}
  </tr>`;
}

const REASONS = {
  requests: 'limit of requests',
  tokens: 'limit of tokens',
  unknown: 'unknown client',
  forbidden: 'path not allowed',
  model: 'model not allowed',
  unavailable: 'tokens cannot be checked',
  other: 'unknown path or model, or a body that cannot be read',
};

function replicaRow(replica, index, problems) {
  const name = replica.name ?? location.host;
  const views = replica.pools ?? [];
  const said = [index === 0 ? 'this one' : null, replica.version === 'unknown' ? null : replica.version, replica.silent ? `silent for ${seconds(replica.silentMillis / 1000)}` : null];
  return html`<tr>
    <th scope="row"><span class="name">${name}</span><small>${said.filter(Boolean).join(' · ')}</small></th>
    ${replica.pools === null
      ? html`<td colspan="8">${replica.silent ? 'Not heard.' : 'It has not reported its pools yet.'}</td>`
      : figures(
          together(views).hits,
          together(views),
          { selectable: sum(views.map((view) => view.selectable)), all: sum(views.map((view) => view.endpoints)) },
          problems.filter((problem) => problem.replica === name),
        )}
  </tr>`;
}

const table = (name, title, note, head, rows) => html`<section aria-labelledby="${name}-title">
  <div class="bar-line"><h2 id="${name}-title">${title}</h2><span class="note">${note}</span></div>
  <div class="scroll" tabindex="0" role="region" aria-label="Table of ${name}">
    <table class="cards">
      ${heading(head)}
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div>
</section>`;

export function fleet() {
  const problems = everyProblem();
  const replicas = state.live.replicas;
  const several = replicas.length > 1;
  return html`
    ${problemList(problems, several ? `in all pools, as seen by ${count(replicas.length)} replicas` : 'in all pools')}
    ${table('pools', 'Pools', several ? 'all replicas together, last minute' : 'last minute', 'Pool', [
      repeat(state.live.pools, (pool) => pool.pool, (pool) => poolRow(pool, problems)),
      state.live.unrouted.requestsPerSecond > 0 ? noPoolRow() : nothing,
    ])}
    ${table('replicas', 'Replicas', several ? 'each with its own requests, last minute' : replicas[0].name === null ? 'one, in no cluster' : 'no other in the cluster', 'Replica', [
      repeat(replicas, (replica) => replica.name, (replica, index) => replicaRow(replica, index, problems)),
    ])}
  `;
}
