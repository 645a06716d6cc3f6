// What has happened, the newest first; the same stands as marks in the charts.
import { html, nothing } from './lib/lit-html.js';
import { repeat } from './lib/directives/repeat.js';
import { link } from './address.js';
import { entryOf } from './runbook.js';
import { state, update } from './store.js';
import { dayAndTime } from './format.js';
import * as api from './api.js';

export async function loadEvents() {
  try {
    const { events } = await api.events(state.address.pool ?? '');
    update({ events, eventsError: null });
  } catch (failure) {
    update({ eventsError: failure.message });
  }
}

// Problems that began or ended are told by their ids; people read titles.
export const textOf = (event) => event.text.replace(/^([a-z-]+) (began|ended)$/, (all, id, what) => `${entryOf(id).title}: ${what}`);

const idOf = (pool, name) => state.live.pools.find((candidate) => candidate.pool === pool)?.endpoints.find((endpoint) => endpoint.name === name)?.id;

const row = (event) => html`<tr>
  <td>${dayAndTime(event.at, state.preferences.utc)}</td>
  <td><span class="wrong ${event.severity}">${event.kind.replaceAll('-', ' ')}</span></td>
  <td>${event.pool ?? ''}</td>
  <td class="wrap">${textOf(event)}</td>
  <td>${event.endpoint && idOf(event.pool, event.endpoint) ? html`<a href=${link('endpoint', { pool: event.pool, endpoint: idOf(event.pool, event.endpoint) })}>endpoint</a>` : nothing}</td>
</tr>`;

export function events() {
  const listed = state.events ?? [];
  return html`<section aria-labelledby="events-title">
    <div class="bar-line">
      <h2 id="events-title">Events</h2>
      <span class="note">of ${state.address.pool ? `pool ${state.address.pool}` : 'all pools'}, since this replica started, at most 500</span>
      <a class="note" href="/dashboard/events${state.address.pool ? `?pool=${encodeURIComponent(state.address.pool)}` : ''}">as JSON</a>
    </div>
    ${state.eventsError ? html`<p class="problem" role="alert">Not loaded: ${state.eventsError}</p>` : nothing}
    ${state.events === null ? html`<p class="note">Loading…</p>` : nothing}
    <div class="scroll" tabindex="0" role="region" aria-label="Table of events">
      <table class="cards">
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col">What</th>
            <th scope="col">Pool</th>
            <th scope="col">Event</th>
            <th scope="col">See</th>
          </tr>
        </thead>
        <tbody>
          ${repeat(listed, (event, i) => `${event.at} ${i}`, row)}
        </tbody>
      </table>
    </div>
  </section>`;
}
