// The figures of a pool over time, from the gateway's own history.
import { html, nothing } from './lib/lit-html.js';
import { chartGrid, loadCharts, rangeBar, rangeNow } from './charts.js';
import { currentPool, state } from './store.js';
import { compact, percent, rate, seconds } from './format.js';

export const POOL_CHARTS = [
  { id: 'hits', title: 'Prefix cache hits', format: percent, atLeast: 1, lines: { hitRatio: 'hit ratio', deliveredShare: 'prediction accuracy' } },
  { id: 'ttft', title: 'Time to first token', format: seconds, lines: { ttftP50: 'p50', ttftP90: 'p90', ttftP99: 'p99' } },
  { id: 'requests', title: 'Requests per second', format: rate, lines: { requestsPerSecond: 'requests' } },
  { id: 'tokens', title: 'Tokens per second', format: compact, lines: { outputTokensPerSecond: 'generated', promptTokensPerSecond: 'prompts' } },
  { id: 'load', title: 'In flight and queued', format: rate, lines: { inFlight: 'in flight', queued: 'queued' } },
  { id: 'stay', title: 'Session stickiness', format: percent, max: 1, lines: { stickiness: 'at the bound endpoint' } },
  { id: 'errors', title: 'Failed and refused', format: percent, atLeast: 0.01, lines: { failedShare: 'failed', rejectedShare: 'refused' } },
  { id: 'imbalance', title: 'Load of the busiest endpoint over the mean', format: rate, lines: { imbalance: 'requests', promptTokenImbalance: 'prompt tokens' } },
];

export const loadTrends = () => loadCharts(POOL_CHARTS);

export function trends() {
  const pool = currentPool();
  return html`
    <section aria-labelledby="trends-title">
      ${rangeBar(
        html`<h2 id="trends-title">Trends of ${pool.pool}</h2>
          <a class="note" href="/dashboard/history?pool=${encodeURIComponent(pool.pool)}&range=${rangeNow()}">as JSON</a>`,
        true,
      )}
      ${state.live.replicas.length > 1 ? html`<p class="note">Cache hits and tokens are those of the engines, whichever replica asked; everything else is of the requests of this replica.</p>` : nothing}
      ${chartGrid(POOL_CHARTS)}
    </section>
  `;
}
