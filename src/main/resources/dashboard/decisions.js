// The last decisions with the numbers behind them, and the decision that a pasted request would get now.
import { html, nothing } from './lib/lit-html.js';
import { repeat } from './lib/directives/repeat.js';
import { currentPool, state, update } from './store.js';
import { link } from './address.js';
import { count, compact, DASH, percent, seconds, time } from './format.js';
import { why } from './why.js';
import * as api from './api.js';

export async function loadDecisions() {
  const pool = currentPool();
  if (!pool) return;
  const request = state.decisionsOf.trim();
  const endpoint = state.address.endpoint;
  try {
    const listed = await api.decisions(pool.pool, 50, request, endpoint);
    if (pool.pool !== currentPool().pool || request !== state.decisionsOf.trim() || endpoint !== state.address.endpoint) return;
    update({ decisions: listed.decisions, delivery: listed.delivery, decisionsError: null });
  } catch (failure) {
    update({ decisionsError: failure.message });
  }
}

// The terms of a cost, and whether each is added or taken off. The cost is shown as the sum of what is shown.
const TERMS = [
  { id: 'waiting', sign: 1, title: 'Waiting', help: 'P: uncached tokens of requests in flight that still wait for their first byte' },
  { id: 'computing', sign: 1, title: '+ Computing', help: 'tokens of this prompt that are not cached there, as far as others will not use them' },
  { id: 'delaying', sign: 1, title: '+ Delaying others', help: 'what the requests in flight lose while this prompt is computed' },
  { id: 'decoding', sign: 1, title: '+ Decoding', help: 'what the prompts in flight slow down' },
  { id: 'loading', sign: 1, title: '+ Loading', help: 'the adapter, which is not loaded there', optional: true },
  { id: 'transferring', sign: 1, title: '+ Transferring', help: 'what it does not hold comes from the prefill endpoint', optional: true },
  { id: 'staying', sign: -1, title: '− Staying', help: 'the bonus of the endpoint that the key is bound to' },
];

const shownCost = (candidate) => TERMS.reduce((sum, term) => sum + term.sign * Math.round(candidate.terms[term.id] ?? 0), 0);

const isChosen = (candidate, decision) => candidate.endpoint === decision.endpoint && candidate.prefill === decision.prefill?.endpoint;

/** All but those that most decisions do not have. */
const termsOf = (decision) =>
  TERMS.filter((term) => !term.optional || decision.candidates.some((candidate) => candidate.terms[term.id]));

const candidates = (decision) => html`
  <div class="scroll" tabindex="0" role="region" aria-label="Candidates">
    <table>
      <caption>
        Every endpoint that was compared. Costs are in prefill tokens, each term rounded; the lowest wins.
      </caption>
      <thead>
        <tr>
          <th scope="col">Endpoint</th>
          ${termsOf(decision).map((term) => html`<th scope="col" class="number" title=${term.help}>${term.title}</th>`)}
          <th scope="col" class="number">= Cost</th>
          <th scope="col" class="number" title="tokens of this prompt that are not cached there">Uncached</th>
          <th scope="col" class="number" title="leading tokens that are predicted to be cached there">Matched</th>
          <th scope="col" class="number" title="requests in flight">In flight</th>
          <th scope="col" class="number" title="their prompt tokens">Prompt tokens</th>
          <th scope="col">Bound</th>
        </tr>
      </thead>
      <tbody>
        ${[...decision.candidates]
          .sort((a, b) => a.cost - b.cost)
          .map(
            (candidate) => html`<tr class=${isChosen(candidate, decision) ? 'chosen' : ''}>
              <th scope="row"><span class="name">${candidate.endpoint}</span>${candidate.prefill ? html` <small>prompt at ${candidate.prefill}</small>` : nothing}${isChosen(candidate, decision) ? html` <small>chosen</small>` : nothing}</th>
              ${termsOf(decision).map((term) => html`<td class="number">${count(Math.round(candidate.terms[term.id] ?? 0))}</td>`)}
              <td class="number">${count(shownCost(candidate))}</td>
              <td class="number">${count(candidate.uncachedTokens)}</td>
              <td class="number">${count(candidate.matchedTokens)}</td>
              <td class="number">${count(candidate.inFlight)}${candidate.replicasInFlight > 0 ? html` <small>(${count(candidate.replicasInFlight)} of other replicas)</small>` : nothing}</td>
              <td class="number">${count(candidate.inFlightPromptTokens)}</td>
              <td>${candidate.bound ? 'bound' : ''}</td>
            </tr>`,
          )}
      </tbody>
    </table>
  </div>
`;

// A retried request has several decisions.
const id = (decision) => `${decision.requestId} ${decision.at}`;

const status = ({ status: code, failure }) =>
  failure ? html`<span class="hot" title=${failure}>${code ?? 'failed'}</span>` : code >= 400 ? html`<span class="hot">${code}</span>` : (code ?? DASH);

function row(decision) {
  const opened = state.opened === id(decision);
  return html`<tr>
      <td>
        <button class="plain" aria-expanded=${String(opened)} @click=${() => update({ opened: opened ? null : id(decision), decisionsPaused: !opened || state.decisionsPaused })}>${opened ? '▾' : '▸'} ${time(decision.at, state.preferences.utc)}</button>
      </td>
      <td><span class="name">${decision.endpoint}</span></td>
      <td>${decision.model ?? DASH}</td>
      <td>${status(decision)}</td>
      <td class="number">${seconds(decision.firstByteMillis === null ? null : decision.firstByteMillis / 1000)}</td>
      <td>${decision.key}</td>
      <td><span class="outcome ${decision.outcome}">${decision.outcome}</span></td>
      <td class="number">${count(decision.promptTokens)}</td>
      <td class="number">${count(decision.matchedTokens)}</td>
      <td class="number">${count(decision.deliveredTokens)}</td>
      <td><button class="plain id" title="Show only this request" @click=${() => searchFor(decision.requestId)}>${decision.requestId}</button></td>
    </tr>
    ${opened
      ? html`<tr class="more"><td colspan="11">
          <p>${why(decision)}${decision.failure ? ` It failed there: ${decision.failure}.` : ''} <small>Request ${decision.requestId}</small></p>
          ${decision.candidates.length ? candidates(decision) : nothing}
        </td></tr>`
      : nothing}`;
}

function headersOf(text) {
  const headers = {};
  for (const line of text.split('\n')) {
    const at = line.indexOf(':');
    if (at > 0) headers[line.slice(0, at).trim()] = line.slice(at + 1).trim();
  }
  return headers;
}

async function ask(event) {
  event.preventDefault();
  const { body, headers } = state.explain;
  update({ explain: { ...state.explain, busy: true, error: null } });
  try {
    const decision = await api.explain(body, headersOf(headers));
    update({ explain: { ...state.explain, busy: false, decision } });
  } catch (failure) {
    update({ explain: { ...state.explain, busy: false, decision: null, error: failure.message } });
  }
}

const change = (field) => (event) => update({ explain: { ...state.explain, [field]: event.target.value } });

function explainForm() {
  const { decision, error, busy } = state.explain;
  return html`
    <section aria-labelledby="explain-title">
      <details class="fold">
      <summary><h2 id="explain-title">Where would a request go?</h2></summary>
      <p class="note">Paste a request body to see the decision it would get now. Nothing is sent to an endpoint and nothing changes.</p>
      <form class="explain" @submit=${ask}>
        <label>Body <textarea rows="5" required spellcheck="false" placeholder='{"model": "...", "messages": [...]}' .value=${state.explain.body} @input=${change('body')}></textarea></label>
        <label>Headers, one per line <textarea rows="2" spellcheck="false" placeholder="x-session-id: ..." .value=${state.explain.headers} @input=${change('headers')}></textarea></label>
        <button ?disabled=${busy}>Explain</button>
      </form>
      ${error ? html`<p class="problem" role="alert">${error}</p>` : nothing}
      ${decision
        ? html`<div class="result" role="status">
            <p>
              To <strong>${decision.endpoint}</strong> of pool ${decision.pool}, by ${decision.key}, ${decision.outcome}:
              ${count(decision.matchedTokens)} of ${count(decision.promptTokens)} tokens are predicted to be cached there.
            </p>
            ${decision.promptTokens === 0 && decision.candidates.length ? html`<p class="note">No prompt could be read from this body, so only its key and the load count.</p>` : nothing}
            <p>${why(decision)}</p>
            ${decision.candidates.length ? candidates(decision) : nothing}
          </div>`
        : nothing}
      </details>
    </section>
  `;
}

function accuracy() {
  const rows = state.delivery.filter((delivery) => delivery.pool === currentPool().pool);
  if (rows.length === 0) return nothing;
  return html`<section aria-labelledby="accuracy-title">
    <h2 id="accuracy-title">Prediction accuracy</h2>
    <div class="scroll" tabindex="0" role="region" aria-label="Prediction accuracy by endpoint">
      <table>
        <thead>
          <tr>
            <th scope="col">Endpoint</th>
            <th scope="col" class="number">Responses</th>
            <th scope="col" class="number">Predicted</th>
            <th scope="col" class="number">Reported</th>
            <th scope="col" class="number">Share</th>
            <th scope="col">Advice</th>
          </tr>
        </thead>
        <tbody>
          ${rows.map(
            (delivery) => html`<tr>
              <th scope="row"><span class="name">${delivery.endpoint}</span></th>
              <td class="number">${count(delivery.answers)}</td>
              <td class="number">${compact(delivery.predictedTokens)}</td>
              <td class="number">${compact(delivery.deliveredTokens)}</td>
              <td class="number">${percent(delivery.predictedTokens ? delivery.deliveredTokens / delivery.predictedTokens : null)}</td>
              <td>${delivery.advice ?? ''}</td>
            </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </section>`;
}

function searchFor(request) {
  update({ decisionsOf: request });
  loadDecisions();
}

export function decisions() {
  const rows = state.decisions ?? [];
  return html`
    <section aria-labelledby="decisions-title">
      <div class="bar-line">
        <h2 id="decisions-title">Last decisions</h2>
        <label>Request <input type="search" placeholder="x-request-id" autocomplete="off" spellcheck="false" .value=${state.decisionsOf} @input=${(event) => searchFor(event.target.value)} /></label>
        ${state.address.endpoint
          ? html`<span class="note">of endpoint ${state.address.endpoint} only · <a href=${link('decisions', { pool: currentPool().pool })}>all</a></span>`
          : nothing}
        <button aria-pressed=${String(state.decisionsPaused)} @click=${() => update({ decisionsPaused: !state.decisionsPaused })}>
          ${state.decisionsPaused ? 'Paused' : 'Following'}
        </button>
      </div>
      ${state.decisionsError ? html`<p class="problem" role="alert">Not loaded: ${state.decisionsError}</p>` : nothing}
      ${state.decisions === null
        ? html`<p class="note">Loading…</p>`
        : rows.length === 0
          ? html`<p class="note">
              ${state.decisionsOf.trim() ? 'None of the last decisions belongs to this request.' : 'No request has been routed yet.'}
            </p>`
          : html`<div class="scroll" tabindex="0" role="region" aria-label="Table of decisions">
              <table>
                <thead>
                  <tr>
                    <th scope="col">Time</th>
                    <th scope="col">Endpoint</th>
                    <th scope="col">Model</th>
                    <th scope="col">Status</th>
                    <th scope="col" class="number" title="from the decision; of a stream to its first token">First byte</th>
                    <th scope="col">Key</th>
                    <th scope="col">Outcome</th>
                    <th scope="col" class="number">Prompt</th>
                    <th scope="col" class="number" title="tokens predicted to be in the endpoint's cache">Predicted</th>
                    <th scope="col" class="number" title="tokens that the endpoint reported as cached when its response was complete">Reported</th>
                    <th scope="col">Request</th>
                  </tr>
                </thead>
                <tbody>
                  ${repeat(rows, id, row)}
                </tbody>
              </table>
            </div>`}
    </section>
    ${explainForm()} ${accuracy()}
  `;
}
