// The key figures of a pool over the last minute: of all replicas, as what engines count is, too.
import { html, nothing } from './lib/lit-html.js';
import { ofAllReplicas } from './fleet.js';
import { has, problemsOf } from './problems.js';
import { currentPool, state } from './store.js';
import { compact, count, percent, rate, seconds } from './format.js';

const tile = (name, value, details, tone = '') => html`
  <div class="tile ${tone}">
    <dt>${name}</dt>
    <dd>
      <strong>${value}</strong>
      <span>${details}</span>
    </dd>
  </div>
`;

export function headline() {
  const pool = currentPool();
  const all = ofAllReplicas(pool);
  const ratio = pool.hitRatio;
  const targets = pool.targets;
  const target = targets.hitRatio;
  const problems = problemsOf(pool.pool);
  const tone = (...ids) => (has(problems, ...ids) ? 'bad' : '');
  const prefill = pool.endpoints.filter((endpoint) => endpoint.role === 'prefill').length;
  const off = pool.endpoints.filter((endpoint) => endpoint.prefixCaching === false).length;
  return html`
    <section aria-label="Last minute of pool ${pool.pool}">
      ${state.live.replicas.length > 1 ? html`<p class="note">Last minute of all replicas together; times to first token are those of the slowest.</p>` : nothing}
      <dl class="tiles">
        ${tile(
          'Prefix cache hits',
          off === pool.endpoints.length && off > 0 ? 'off' : percent(ratio['1m']),
          html`${off > 0 ? `prefix caching is off at ${count(off)} of ${count(pool.endpoints.length)} · ` : ''}5 min ${percent(ratio['5m'])} · 60 min ${percent(ratio['60m'])}${target === null
            ? ''
            : html` · target ${percent(target, 0)}`}`,
          tone('hit-ratio-low', 'prefix-caching-off') || (target !== null && ratio['1m'] !== null && ratio['1m'] >= target ? 'good' : ''),
        )}
        ${tile(
          'Session stickiness',
          percent(all.stickiness, 2),
          targets.losingHits === null
            ? 'of known sessions went to their bound endpoint'
            : html`went to their bound endpoint · ${percent(all.losingHits)} lost hits by moving`,
          tone('stickiness-low', 'moves-lose-hits'),
        )}
        ${tile(
          'Time to first token',
          seconds(all.ttftP50),
          html`p90 ${seconds(all.ttftP90)}${targets.ttftSeconds === null ? '' : ` (target ${seconds(targets.ttftSeconds)})`} · p99 ${seconds(all.ttftP99)}`,
          tone('ttft-slow'),
        )}
        ${tile(
          'Requests per second',
          rate(all.requests),
          html`${count(all.inFlight)} in flight · ${count(Math.round(all.queued))} queued`,
          tone('queue-growing'),
        )}
        ${tile(
          'Tokens per second',
          compact(pool.lastMinute.outputTokensPerSecond),
          html`generated · ${compact(pool.lastMinute.promptTokensPerSecond)} prompt tokens, as engines count`,
        )}
        ${tile(
          'Failed',
          percent(all.failed, 2),
          html`refused ${percent(all.refused, 2)}`,
          tone('errors', 'rate-limited'),
        )}
        ${tile(
          'Prediction accuracy',
          percent(all.delivered),
          all.delivered === null && all.requests > 0 ? 'nothing predicted, or no response reported cached tokens' : 'cached tokens, reported of predicted',
          tone('hits-not-delivered'),
        )}
        ${tile(
          'Endpoints',
          html`${count(all.endpoints.selectable)} / ${count(all.endpoints.all)}`,
          html`selectable${pool.panic ? ', so failing ones are used too' : ''}${prefill ? `, ${count(prefill)} for prefill only` : ''} · policy ${pool.policy}`,
          tone('no-selectable-endpoint', 'panic-mode'),
        )}
      </dl>
    </section>
  `;
}
