// The key figures of a pool over the last minute.
import { html } from './lib/lit-html.js';
import { currentPool } from './store.js';
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
  const last = pool.lastMinute;
  const ratio = pool.hitRatio;
  const targets = pool.targets;
  const target = targets.hitRatio;
  const panic = pool.panic;
  const off = pool.endpoints.filter((endpoint) => endpoint.prefixCaching === false).length;
  return html`
    <section aria-label="Last minute of pool ${pool.pool}">
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
          percent(last.stickiness, 2),
          targets.losingHits === null
            ? 'of known sessions went to their bound endpoint'
            : html`went to their bound endpoint · ${percent(last.losingHits)} lost hits by moving`,
          missed(last.stickiness, targets.stickiness, -1) || missed(last.losingHits, targets.losingHits, 1) ? 'bad' : '',
        )}
        ${tile(
          'Time to first token',
          seconds(last.ttftP50),
          html`p90 ${seconds(last.ttftP90)}${targets.ttftSeconds === null ? '' : ` (target ${seconds(targets.ttftSeconds)})`} · p99 ${seconds(last.ttftP99)}`,
          missed(last.ttftP90, targets.ttftSeconds, 1) ? 'bad' : '',
        )}
        ${tile(
          'Requests per second',
          rate(last.requestsPerSecond),
          html`${count(pool.totals.inFlight)} in flight · ${count(Math.round(last.queued ?? 0))} queued`,
        )}
        ${tile(
          'Tokens per second',
          compact(last.outputTokensPerSecond),
          html`generated · ${compact(last.promptTokensPerSecond)} prompt tokens`,
        )}
        ${tile(
          'Failed',
          percent(last.failedShare, 2),
          html`refused ${percent(last.rejectedShare, 2)}`,
          last.failedShare > 0.01 ? 'bad' : '',
        )}
        ${tile(
          'Prediction accuracy',
          percent(last.deliveredShare),
          last.deliveredShare === null && last.requestsPerSecond > 0 ? 'nothing predicted, or no response reported cached tokens' : 'cached tokens, reported of predicted',
        )}
        ${tile(
          'Endpoints',
          html`${count(pool.totals.selectable)} / ${count(pool.totals.endpoints)}`,
          html`selectable${panic ? ', so failing ones are used too' : ''} · policy ${pool.policy}`,
          panic || pool.totals.selectable === 0 ? 'bad' : '',
        )}
      </dl>
    </section>
  `;
}
