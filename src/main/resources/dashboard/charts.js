// Charts under each other with one time axis: which time it is stands in the address, so that it can be sent to somebody.
import { html, nothing } from './lib/lit-html.js';
import { link } from './address.js';
import { currentPool, state, update } from './store.js';
import { draw } from './plot.js';
import { textOf } from './events.js';
import * as api from './api.js';

const RANGES = { '1h': 3600, '24h': 86_400, '7d': 604_800 };
const LEAST_SECONDS = 60;

export const rangeNow = () => (RANGES[state.address.range] ? state.address.range : '1h');

const go = (changes) => {
  const { view, ...rest } = state.address;
  location.hash = link(view, { ...rest, ...changes });
};

// What is shown, in seconds since 1970: the whole range, or the part of it that was zoomed into.
export function shown() {
  const data = state.history?.data;
  const end = data?.now ?? Date.parse(state.live.at) / 1000;
  const [from, to] = [Number(state.address.from), Number(state.address.to)];
  return to - from >= LEAST_SECONDS ? { from, to, zoomed: true } : { from: end - RANGES[rangeNow()], to: end, zoomed: false };
}

export const zoom = (from, to) => to - from >= LEAST_SECONDS && go({ from: Math.round(from), to: Math.round(to) });

// Moves the shown time by a share of its length, and makes it longer or shorter.
function change(shift, factor) {
  const { from, to } = shown();
  const length = Math.max(LEAST_SECONDS, (to - from) * factor);
  const middle = (from + to) / 2 + shift * (to - from);
  const end = state.history?.data?.now ?? to;
  const last = Math.min(end, middle + length / 2);
  if (length >= RANGES[rangeNow()]) go({ from: '', to: '' });
  else zoom(last - length, last);
}

// Loads the history of a pool, or of one of its endpoints, and draws these charts of it.
export async function loadCharts(charts, endpoint) {
  const pool = currentPool();
  if (!pool) return;
  const range = rangeNow();
  const wanted = () => range === rangeNow() && pool.pool === currentPool()?.pool && charts === drawn;
  drawn = charts;
  try {
    const [data, { events }] = await Promise.all([
      api.history(pool.pool, range, endpoint, !endpoint && state.address.week === 'last'),
      api.events(pool.pool),
    ]);
    if (!wanted()) return;
    update({ history: { range, data }, events });
    requestAnimationFrame(() => requestAnimationFrame(() => redraw(charts)));
  } catch (failure) {
    if (wanted()) update({ history: { range, error: failure.message } });
  }
}

let drawn = null;

function redraw(charts) {
  const data = state.history?.data;
  if (data && charts === drawn) {
    const view = { ...shown(), range: rangeNow(), utc: state.preferences.utc, events: (state.events ?? []).map((event) => ({ ...event, text: textOf(event) })), zoom };
    charts.forEach((chart) => draw(chart, data, view));
  }
}

const pressed = (value, label, changes) => html`<button aria-pressed=${String(value)} @click=${() => go(changes)}>${label}</button>`;

// Of pools alone the week before is kept.
export function rangeBar(title, weeks = false) {
  const { zoomed } = shown();
  const week = state.address.week === 'last';
  return html`<div class="bar-line">
    ${title}
    <div class="choices" role="group" aria-label="Range">
      ${Object.keys(RANGES).map((range) => pressed(range === rangeNow() && !zoomed, range, { range, from: '', to: '' }))}
    </div>
    <div class="choices" role="group" aria-label="Zoom">
      <button @click=${() => change(0, 0.5)} aria-label="Zoom in">+</button>
      <button @click=${() => change(0, 2)} aria-label="Zoom out" ?disabled=${!zoomed}>−</button>
      <button @click=${() => change(-0.5, 1)} aria-label="Earlier" ?disabled=${!zoomed}>◂</button>
      <button @click=${() => change(0.5, 1)} aria-label="Later" ?disabled=${!zoomed}>▸</button>
    </div>
    ${weeks ? pressed(week, 'Last week', { week: week ? '' : 'last' }) : nothing}
    <span class="note">${weeks && week ? 'dashed: the first line a week before · ' : nothing}drag to zoom, arrow keys move the line</span>
  </div>`;
}

const latest = (values) => (values ?? []).filter((value) => typeof value === 'number').at(-1) ?? null;

function figure(chart) {
  const figures = state.history?.data?.figures;
  const said = Object.entries(chart.lines).map(([name, label]) => `${label} ${chart.format(latest(figures?.[name]))}`);
  return html`<figure>
    <figcaption>${chart.title}<span>${said.map((text, i) => html`<span class="line line-${i}">${text}</span>`)}</span></figcaption>
    <div class="canvas"><canvas id="chart-${chart.id}" tabindex="0" role="img" aria-label="${chart.title}, last ${rangeNow()}; now ${said.join(', ')}"></canvas></div>
  </figure>`;
}

function note() {
  if (state.history === null) return 'Loading…';
  if (state.history.error) return `History not loaded: ${state.history.error}`;
  return Object.values(state.history.data.figures).some((values) => latest(values) !== null) ? null : 'Nothing recorded yet.';
}

export function chartGrid(charts) {
  const told = note();
  return html`${told ? html`<p class="note" role="status">${told}</p>` : nothing}
    <div class="charts">${charts.map(figure)}</div>`;
}
