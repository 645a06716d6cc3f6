// Finds a session and releases it. The id is sent in a request body and kept only in this field.
import { html, nothing } from './lib/lit-html.js';
import { currentPool, state, update } from './store.js';
import { count, counted, durationSeconds, seconds } from './format.js';
import { confirmed } from './confirm.js';
import * as api from './api.js';

const set = (changes) => update({ session: { ...state.session, ...changes } });

const question = () => ({ source: state.session.source, key: state.session.key, tenant: state.session.tenant || null });

async function find(event) {
  event?.preventDefault();
  set({ error: null, message: null });
  try {
    const { bindings } = await api.findSession(question());
    set({ found: bindings });
  } catch (failure) {
    set({ found: null, error: failure.message });
  }
}

async function release() {
  const kept = 'Its cached prompt stays at the endpoint, but the next request may go elsewhere.';
  if (!(await confirmed('Release this session?', kept, 'Release'))) return;
  try {
    const { released } = await api.releaseSession(question());
    set({ found: null, message: released ? 'Released. The next request can go to any endpoint.' : 'The session was no longer bound.' });
  } catch (failure) {
    set({ error: failure.message });
  }
}

function found(bindings) {
  if (bindings.length === 0) return html`<p role="status">Not bound. The next request can go to any endpoint.</p>`;
  // One that uses several models has a binding for each.
  const models = bindings.some((binding) => binding.model);
  return html`
    <div class="scroll" tabindex="0" role="region" aria-label="Bindings">
      <table>
        <thead>
          <tr>
            <th scope="col">Pool</th>
            ${models ? html`<th scope="col">Model</th>` : nothing}
            <th scope="col">Endpoint</th>
            <th scope="col" class="number">Bound for</th>
            <th scope="col" class="number">Last used</th>
            <th scope="col" class="number">Requests</th>
          </tr>
        </thead>
        <tbody>
          ${bindings.map(
            (binding) => html`<tr>
              <td>${binding.pool}</td>
              ${models ? html`<td>${binding.model ?? "the pool's first"}</td>` : nothing}
              <th scope="row"><span class="name">${binding.endpoint}</span></th>
              <td class="number">${seconds(durationSeconds(binding.age))}</td>
              <td class="number">${seconds(durationSeconds(binding.idle))} ago</td>
              <td class="number">${counted(binding.uses, 'time')}</td>
            </tr>`,
          )}
        </tbody>
      </table>
    </div>
    ${state.settings?.readOnly !== false
      ? html`<p class="note">This page is read-only, so sessions cannot be released.</p>`
      : html`<button class="danger" @click=${release}>Release…</button>`}
  `;
}

function distribution() {
  const pool = currentPool();
  const most = Math.max(1, ...pool.endpoints.map((endpoint) => endpoint.sessions));
  return html`<section aria-labelledby="bound-title">
    <div class="bar-line"><h2 id="bound-title">Bindings of each endpoint</h2><span class="note">of sessions, and of conversations without a session id</span></div>
    ${pool.endpoints.length === 0 ? html`<p class="note">No endpoints.</p>` : nothing}
    <ul class="bars">
      ${[...pool.endpoints].sort((a, b) => b.sessions - a.sessions).map(
        (endpoint) => html`<li>
          <span>${endpoint.name}</span>
          <meter min="0" max=${most} .value=${endpoint.sessions} aria-label="Bindings of ${endpoint.name}">${endpoint.sessions}</meter>
          <span class="number">${count(endpoint.sessions)}</span>
        </li>`,
      )}
    </ul>
  </section>`;
}

export function sessions() {
  const session = state.session;
  return html`
    <section aria-labelledby="sessions-title">
      <h2 id="sessions-title">Find a session</h2>
      <form class="line" @submit=${find}>
        <label>By <select .value=${session.source} @change=${(event) => set({ source: event.target.value, found: null })}>
            <option value="session">session id</option>
            <option value="body-session">session id in the body</option>
            <option value="client-ip">client address</option>
          </select></label>
        <label class="grow">Value <input required autocomplete="off" spellcheck="false" .value=${session.key} @input=${(event) => set({ key: event.target.value, found: null, message: null })} /></label>
        ${state.settings?.tenants
          ? html`<label>Tenant <input autocomplete="off" spellcheck="false" .value=${session.tenant} @input=${(event) => set({ tenant: event.target.value, found: null })} /></label>`
          : nothing}
        <button>Find</button>
      </form>
      ${session.error ? html`<p class="problem" role="alert">${session.error}</p>` : nothing}
      ${session.message ? html`<p role="status">${session.message}</p>` : nothing}
      ${session.found ? found(session.found) : nothing}
    </section>
    ${distribution()}
  `;
}
