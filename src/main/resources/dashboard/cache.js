// What other sizes of the pool's caches would bring, and where hits are lost.
import { html, svg, nothing } from './lib/lit-html.js';
import { currentPool, state, update } from './store.js';
import { link } from './address.js';
import { compact, count, counted, DASH, percent } from './format.js';
import * as api from './api.js';

const WINDOWS = { hour: 'About an hour', day: 'About a day' };
const windowNow = () => (WINDOWS[state.address.over] ? state.address.over : 'hour');

export async function loadCache() {
  const pool = currentPool();
  if (!pool) return;
  try {
    const cache = await api.cache(pool.pool);
    if (pool.pool === currentPool().pool) update({ cache, cacheError: null });
  } catch (failure) {
    update({ cache: null, cacheError: failure.message });
  }
}

const WIDEST = 640;
const HEIGHT = 240;
const LEFT = 46;
const BOTTOM = 24;
const TOP = 10;

// A narrow screen gets a narrow picture, as letters would shrink with it.
const width = () => Math.min(WIDEST, document.documentElement.clientWidth - 48);

const y = (ratio) => TOP + (1 - ratio) * (HEIGHT - TOP - BOTTOM);

// Sizes are spread by their factor: from one to the next is always as far.
const x = (curve, i) => LEFT + (i / (curve.length - 1)) * (width() - LEFT - 12);

const pathOf = (curve, line) => curve.map((point, i) => `${i ? 'L' : 'M'}${x(curve, i).toFixed(1)} ${y(point[line]).toFixed(1)}`).join('');

const todayOf = (curve) => curve.reduce((best, point, i) => (Math.abs(Math.log(point.times)) < Math.abs(Math.log(curve[best].times)) ? i : best), 0);

const times = (value) => `×${Number(value.toPrecision(2))}`;

function told(point) {
  const size = Math.abs(point.times - 1) < 0.01 ? "today's size" : `${times(point.times)} today's size`;
  return `${size}, ${compact(point.tokens)} tokens: ${percent(point.asRouted)} as routed, ${percent(point.oneCache)} in one cache`;
}

function pointAt(event, curve) {
  const box = event.currentTarget.getBoundingClientRect();
  const at = ((event.clientX - box.left) / box.width) * width();
  const i = Math.round(((at - LEFT) / (width() - LEFT - 12)) * (curve.length - 1));
  update({ cachePoint: Math.max(0, Math.min(curve.length - 1, i)) });
}

function pointByKey(event, curve) {
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (!step) return;
  event.preventDefault();
  update({ cachePoint: Math.max(0, Math.min(curve.length - 1, (state.cachePoint ?? todayOf(curve)) + step)) });
}

const vertical = (curve, i, name) => svg`<line class=${name} x1=${x(curve, i)} x2=${x(curve, i)} y1=${TOP} y2=${HEIGHT - BOTTOM} />`;

function picture({ curve, infiniteHitRatio }) {
  const today = todayOf(curve);
  const at = Math.min(state.cachePoint ?? today, curve.length - 1);
  const label = (point) => Number.isInteger(Math.log2(point.times)) || Math.abs(Math.log2(point.times) - Math.round(Math.log2(point.times))) < 0.01;
  return html`<figure>
    <figcaption>Hit ratio by size of all caches<span><span class="line line-0">as routed</span><span class="line line-1">one cache</span>dashed: forgets nothing, ${percent(infiniteHitRatio)}</span></figcaption>
    <svg class="curve" viewBox="0 0 ${width()} ${HEIGHT}" tabindex="0" role="slider" aria-label="Size of all caches"
      aria-valuemin="0" aria-valuemax=${curve.length - 1} aria-valuenow=${at} aria-valuetext=${told(curve[at])}
      @pointermove=${(event) => pointAt(event, curve)} @pointerleave=${() => update({ cachePoint: null })} @keydown=${(event) => pointByKey(event, curve)}>
      ${[0, 0.25, 0.5, 0.75, 1].map((ratio) => svg`<line class="grid" x1=${LEFT} x2=${width() - 12} y1=${y(ratio)} y2=${y(ratio)} /><text x=${LEFT - 6} y=${y(ratio) + 4} text-anchor="end">${ratio * 100} %</text>`)}
      ${curve.map((point, i) => (label(point) ? svg`<text x=${x(curve, i)} y=${HEIGHT - 6} text-anchor="middle">${times(point.times)}</text>` : nothing))}
      <line class="infinite" x1=${LEFT} x2=${width() - 12} y1=${y(infiniteHitRatio)} y2=${y(infiniteHitRatio)} />
      ${vertical(curve, today, 'today')}
      <text class="today" x=${x(curve, today) + 5} y=${curve[today].asRouted > 0.5 ? HEIGHT - BOTTOM - 6 : TOP + 12}>today</text>
      <path class="line-1" d=${pathOf(curve, 'oneCache')} />
      <path class="line-0" d=${pathOf(curve, 'asRouted')} />
      ${vertical(curve, at, 'pointed')}
      <circle class="line-0" cx=${x(curve, at)} cy=${y(curve[at].asRouted)} r="3.5" />
      <circle class="line-1" cx=${x(curve, at)} cy=${y(curve[at].oneCache)} r="3.5" />
    </svg>
    <p class="note" id="cache-point">${told(curve[at])}</p>
  </figure>`;
}

const CAUSES = { compulsory: 'Never came before', capacity: 'Cache too small', routing: 'Spread over endpoints', delivery: 'Not delivered' };

function step(one, main) {
  return html`<tr class=${one.cause === main ? 'chosen' : nothing}>
    <th scope="row">${CAUSES[one.cause]}<small>${one.cause}${one.cause === main ? ', begin here' : ''}</small></th>
    <td class="number">${count(one.tokens)}</td>
    <td class="number">${compact(one.tokensPerSecond)}</td>
    <td class="number">${percent(one.share)}</td>
    <td class="wrap">${one.tokens > 0 ? one.remedy : DASH}</td>
  </tr>`;
}

function ladder({ ladder: { promptTokens, deliveredTokens, hitRatio, steps, main } }) {
  return html`
    <section aria-labelledby="ladder-title">
      <h2 id="ladder-title">Where hits are lost</h2>
      ${promptTokens === 0
        ? html`<p class="note">No response has said yet how many tokens of its prompt were cached (--enable-prompt-tokens-details).</p>`
        : html`<div class="scroll" tabindex="0" role="region" aria-label="Where hits are lost">
            <table>
              <caption>From all prompt tokens down to those that engines took from their caches; the lines sum up.</caption>
              <thead>
                <tr><th scope="col">Lost</th><th scope="col" class="number">Tokens</th><th scope="col" class="number">Per second</th><th scope="col" class="number">Share</th><th scope="col">What helps</th></tr>
              </thead>
              <tbody>
                ${steps.map((one) => step(one, main))}
                <tr><th scope="row">Delivered</th><td class="number">${count(deliveredTokens)}</td><td></td><td class="number">${percent(hitRatio)}</td><td></td></tr>
                <tr><th scope="row">Prompts</th><td class="number">${count(promptTokens)}</td><td></td><td class="number">${percent(1)}</td><td></td></tr>
              </tbody>
            </table>
          </div>
          ${main ? nothing : html`<p class="well">There is little to win.</p>`}`}
    </section>
  `;
}

// Without the minus of what rounds to nothing.
const signed = (value) => (Math.round(value * 100) / 100 || 0).toFixed(2);

function advice({ advice: { missing, changes }, ladder: { hitRatio } }, { endpoints }) {
  const name = (change) => (change.cacheTimes === 1 ? counted(change.endpoints, 'endpoint') : `${times(change.cacheTimes)} KV tokens at each`);
  return html`
    <section aria-labelledby="advice-title">
      <h2 id="advice-title">What changes would bring</h2>
      ${missing
        ? html`<p class="note">No advice: ${missing}.</p>`
        : html`<div class="scroll" tabindex="0" role="region" aria-label="What changes would bring">
            <table>
              <caption>Against ${counted(endpoints, 'endpoint')} with a hit ratio of ${percent(hitRatio)}. Minus: more would be computed.</caption>
              <thead>
                <tr><th scope="col">Change</th><th scope="col" class="number">KV tokens</th><th scope="col" class="number">Hit ratio</th><th scope="col" class="number">Prefill saved, tokens/s</th><th scope="col" class="number">In endpoints</th></tr>
              </thead>
              <tbody>
                ${changes.map(
                  (change) => html`<tr><th scope="row">${name(change)}${change.values ? html`<small>${change.values}</small>` : nothing}</th><td class="number">${compact(change.cacheTokens)}</td><td class="number">${percent(change.hitRatio)}</td>
                    <td class="number">${count(Math.round(change.savedTokensPerSecond))}</td><td class="number">${signed(change.savedEndpoints)}</td></tr>`,
                )}
              </tbody>
            </table>
          </div>`}
    </section>
  `;
}

export function cache() {
  const { pool } = currentPool();
  const seen = state.cache?.pool === pool ? state.cache : null;
  const over = seen?.[windowNow()];
  return html`
    <section aria-labelledby="cache-title">
      <div class="bar-line">
        <h2 id="cache-title">Caches of ${pool}</h2>
        <div class="choices" role="group" aria-label="Time">
          ${Object.entries(WINDOWS).map(([name, title]) => html`<button aria-pressed=${String(name === windowNow())} @click=${() => (location.hash = link('cache', { pool: state.address.pool, over: name }))}>${title}</button>`)}
        </div>
        <a class="note" href="/actuator/cache/${encodeURIComponent(pool)}">as JSON</a>
      </div>
      ${state.cacheError ? html`<p class="note" role="status">Not loaded: ${state.cacheError}</p>` : nothing}
      ${over
        ? html`<p class="note">${counted(over.requests, 'request')}, ${compact(over.promptTokensPerSecond)} prompt tokens a second, ${seen.replicas > 1 ? `of ${seen.replicas} replicas` : 'as this replica saw them'}${seen.trafficShare < 1 ? `; others use the engines too, these are ${percent(seen.trafficShare)} of their requests` : ''}${seen.leftOut ? `; left out: ${counted(seen.leftOut, 'message')}` : ''}.</p>
            <p class="note">Advised: ${counted(seen.advised.endpoints, 'endpoint')}, now ${count(seen.endpoints)} (${seen.advised.reason}).</p>
            ${seen.heldAlone.length > 1 ? html`<p class="note" id="held-alone">Cheapest to remove: ${seen.heldAlone[0].endpoint}, which alone holds ${percent(seen.heldAlone[0].share)} of what all caches hold.</p>` : nothing}
            ${over.curve.length ? picture(over) : html`<p class="note">The endpoints do not say how much their caches hold.</p>`}`
        : state.cacheError ? nothing : html`<p class="note">${seen ? 'Prompts are not watched: warmlane.cache.watch is off.' : 'Loading…'}</p>`}
    </section>
    ${over ? html`${ladder(over)}${advice(over, seen)}` : nothing}
  `;
}
