// What each problem means and what to do about it: under the problems that there are, and all of it on a page of its own.
import { html, nothing } from './lib/lit-html.js';
import { state } from './store.js';

export function entryOf(id) {
  return (
    state.settings?.problems.find((candidate) => candidate.id === id) ?? {
      id,
      severity: 'warning',
      title: id,
      meaning: '',
      follows: [],
      sameEndpoint: false,
      causes: [],
      look: [],
      actions: [],
    }
  );
}

// Text between backticks is code.
const withCode = (text) => text.split('`').map((part, i) => (i % 2 ? html`<code>${part}</code>` : part));

// At the beginning of a sentence; names stay as they are.
const capital = (text) => text.replace(/^(an|each of) /, (first) => first.charAt(0).toUpperCase() + first.slice(1));

const fill = (text, { pool, endpoint, value }) =>
  text
    .replace(/(p|P)ool {pool}/g, (all, first) => (pool ? `${first}ool ${pool}` : `${first === 'P' ? 'The' : 'the'} pool`))
    .replace(/^{endpoint}/, capital(endpoint || 'an endpoint'))
    .replaceAll('{endpoint}', endpoint || 'an endpoint')
    .replaceAll('{value}', value ?? '…');

// An entry of the catalogue, told of the pool, endpoint and value that have the problem.
export const advice = (entry, problem) => html`
  <p>${fill(entry.meaning, problem)}</p>
  <h3>Likely causes</h3>
  <ul>
    ${entry.causes.map((cause) => html`<li>${withCode(cause)}</li>`)}
  </ul>
  ${entry.look.length
    ? html`<h3>How to check</h3>
        <ul>
          ${entry.look.map((way) => html`<li>${withCode(way)}</li>`)}
        </ul>`
    : nothing}
  <h3>What to do</h3>
  <ol>
    ${entry.actions.map((action) => html`<li>${withCode(action)}</li>`)}
  </ol>
`;

export function runbook() {
  const wanted = state.address.problem;
  const entries = [...(state.settings?.problems ?? [])].sort((a, b) => (b.id === wanted) - (a.id === wanted));
  return html`<section aria-labelledby="runbook-title">
    <div class="bar-line"><h2 id="runbook-title">Runbook</h2><span class="note">every problem that the gateway and its alerts know</span></div>
    <ul class="problems">
      ${entries.map(
        (entry) => html`<li class=${entry.severity}>
          <details ?open=${entry.id === wanted}>
            <summary><span class="severity">${entry.severity}</span> <strong>${entry.title}</strong><span>${entry.id}</span></summary>
            ${advice(entry, {})}
          </details>
        </li>`,
      )}
    </ul>
  </section>`;
}
