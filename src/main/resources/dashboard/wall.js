// For a screen on the wall: what is wrong, and of each pool the few figures that say so, to be read from three metres.
import { html } from './lib/lit-html.js';
import { ofAllReplicas } from './fleet.js';
import { everyProblem, has, problemsOf, roots, titleOf } from './problems.js';
import { state } from './store.js';
import { count, percent, rate, seconds, time } from './format.js';

const MOST = 6;

const figure = (name, value, bad) => html`<div class=${bad ? 'bad' : ''}><dt>${name}</dt><dd>${value}</dd></div>`;

function pool(each) {
  const all = ofAllReplicas(each);
  const problems = problemsOf(each.pool);
  return html`<section class="wall-pool" aria-label="Pool ${each.pool}">
    <h2>${each.pool}</h2>
    <dl>
      ${figure('Hits', percent(each.hitRatio['1m'], 0), has(problems, 'hit-ratio-low', 'prefix-caching-off'))}
      ${figure('First token p90', seconds(all.ttftP90), has(problems, 'ttft-slow'))}
      ${figure('Requests/s', rate(all.requests), false)}
      ${figure('Failed', percent(all.failed), has(problems, 'errors'))}
      ${figure('Endpoints', `${count(all.endpoints.selectable)} / ${count(all.endpoints.all)}`, has(problems, 'no-selectable-endpoint', 'panic-mode', 'endpoint-ejected'))}
    </dl>
  </section>`;
}

function headingOf(causes) {
  // From three metres nobody reads a note at the edge: what is old must not say that all is well.
  if (state.connection === 'lost') return `Connection lost, as of ${time(state.live.at, state.preferences.utc)}`;
  return causes.length === 0 ? 'All is well' : causes.length === 1 ? 'One problem' : `${causes.length} problems`;
}

export function wall() {
  const causes = roots(everyProblem());
  return html`<div class="wall">
    <section aria-labelledby="wall-title" class="wall-problems ${causes[0]?.severity ?? 'well'}">
      <h2 id="wall-title">${headingOf(causes)}</h2>
      <ul>
        ${causes.slice(0, MOST).map((cause) => html`<li class="wrong ${cause.severity}">${cause.pool ? `${cause.pool}: ` : ''}${titleOf(cause)}</li>`)}
      </ul>
    </section>
    <div class="wall-pools">${state.live.pools.slice(0, MOST).map(pool)}</div>
  </div>`;
}
