// The key figures of a pool over the last minute: of all replicas, as what engines count is, too.
import { html, nothing } from './lib/lit-html.js';
import { ofAllReplicas } from './fleet.js';
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

function hitTone(ratio, target) {
  if (ratio === null || target === null) return '';
  return ratio >= target ? 'good' : 'bad';
}

// Whether a value is on the wrong side of its target: above it (1) or below it (-1).
const missed = (value, target, side) => value !== null && target !== null && side * (value - target) > 0;

export function headline() {
  const pool = currentPool();
  const all = ofAllReplicas(pool);
  const ratio = pool.hitRatio;
  const targets = pool.targets;
  const target = targets.hitRatio;
  const panic = pool.panic;
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
          target === null ? '' : off > 0 ? 'bad' : hitTone(ratio['1m'], target),
        )}
        ${tile(
          'Session stickiness',
          percent(all.stickiness, 2),
          targets.losingHits === null
            ? 'of known sessions went to their bound endpoint'
            : html`went to their bound endpoint · ${percent(all.losingHits)} lost hits by moving`,
          missed(all.stickiness, targets.stickiness, -1) || missed(all.losingHits, targets.losingHits, 1) ? 'bad' : '',
        )}
        ${tile(
          'Time to first token',
          seconds(all.ttftP50),
          html`p90 ${seconds(all.ttftP90)}${targets.ttftSeconds === null ? '' : ` (target ${seconds(targets.ttftSeconds)})`} · p99 ${seconds(all.ttftP99)}`,
          missed(all.ttftP90, targets.ttftSeconds, 1) ? 'bad' : '',
        )}
        ${tile(
          'Requests per second',
          rate(all.requests),
          html`${count(all.inFlight)} in flight · ${count(Math.round(all.queued))} queued`,
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
          all.failed > 0.01 ? 'bad' : '',
        )}
        ${tile(
          'Prediction accuracy',
          percent(all.delivered),
          all.delivered === null && all.requests > 0 ? 'nothing predicted, or no response reported cached tokens' : 'cached tokens, reported of predicted',
        )}
        ${tile(
          'Endpoints',
          html`${count(all.endpoints.selectable)} / ${count(all.endpoints.all)}`,
          html`selectable${panic ? ', so failing ones are used too' : ''} · policy ${pool.policy}`,
          panic || all.endpoints.selectable === 0 ? 'bad' : '',
        )}
      </dl>
    </section>
  `;
}
