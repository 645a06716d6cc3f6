// The figures of the pool over the last hour, day and week, from the gateway's own history.
import { html, nothing } from './lib/lit-html.js';
import { link } from './address.js';
import { currentPool, state, update } from './store.js';
import { compact, percent, rate, seconds } from './format.js';
import { draw } from './plot.js';
import * as api from './api.js';

const RANGES = ['1h', '24h', '7d'];
const rangeNow = () => (RANGES.includes(state.address.range) ? state.address.range : '1h');

const CHARTS = [
  { id: 'hits', title: 'Prefix cache hits', format: percent, atLeast: 1, lines: { hitRatio: 'hit ratio', deliveredShare: 'prediction accuracy' } },
  { id: 'ttft', title: 'Time to first token', format: seconds, lines: { ttftP50: 'p50', ttftP90: 'p90', ttftP99: 'p99' } },
  { id: 'requests', title: 'Requests per second', format: rate, lines: { requestsPerSecond: 'requests' } },
  { id: 'tokens', title: 'Tokens per second', format: compact, lines: { outputTokensPerSecond: 'generated', promptTokensPerSecond: 'prompts' } },
  { id: 'load', title: 'In flight and queued', format: rate, lines: { inFlight: 'in flight', queued: 'queued' } },
  { id: 'stay', title: 'Session stickiness', format: percent, max: 1, lines: { stickiness: 'at the bound endpoint' } },
  { id: 'errors', title: 'Failed and refused', format: percent, lines: { failedShare: 'failed', rejectedShare: 'refused' } },
  { id: 'imbalance', title: 'Load of the busiest endpoint, times the mean', format: rate, lines: { imbalance: 'requests', promptTokenImbalance: 'prompt tokens' } },
];

export async function loadTrends() {
  const pool = currentPool();
  if (!pool) return;
  const range = rangeNow();
  const wanted = () => range === rangeNow() && pool.pool === currentPool().pool;
  try {
    const data = await api.history(pool.pool, range);
    if (!wanted()) return;
    update({ history: { range, data } });
    requestAnimationFrame(() => requestAnimationFrame(() => CHARTS.forEach((chart) => draw(chart, data, range))));
  } catch (failure) {
    if (wanted()) update({ history: { range, error: failure.message } });
  }
}

function choose(range) {
  update({ history: null });
  location.hash = link('trends', { ...state.address, view: null, range });
}

const latest = (values) => (values ?? []).filter((value) => typeof value === 'number').at(-1) ?? null;

function figure(chart) {
  const figures = state.history?.data?.figures;
  const said = Object.entries(chart.lines).map(([name, label]) => `${label} ${chart.format(latest(figures?.[name]))}`);
  return html`<figure>
    <figcaption>${chart.title}<span>${said.join(' · ')}</span></figcaption>
    <div class="canvas"><canvas id="chart-${chart.id}" role="img" aria-label="${chart.title}, last ${rangeNow()}; now ${said.join(', ')}"></canvas></div>
  </figure>`;
}

function note() {
  if (state.history === null) return 'Loading…';
  if (state.history.error) return `History not loaded: ${state.history.error}`;
  return Object.values(state.history.data.figures).some((values) => latest(values) !== null) ? null : 'Nothing recorded yet.';
}

export function trends() {
  const pool = currentPool();
  const told = note();
  return html`
    <section aria-labelledby="trends-title">
      <div class="bar-line">
        <h2 id="trends-title">Trends of ${pool.pool}</h2>
        <div class="choices" role="group" aria-label="Range">
          ${RANGES.map((range) => html`<button aria-pressed=${String(range === rangeNow())} @click=${() => choose(range)}>${range}</button>`)}
        </div>
        <a class="note" href="/dashboard/history?pool=${encodeURIComponent(pool.pool)}&range=${rangeNow()}">as JSON</a>
      </div>
      ${told ? html`<p class="note" role="status">${told}</p>` : nothing}
      <div class="charts">${CHARTS.map(figure)}</div>
    </section>
  `;
}
