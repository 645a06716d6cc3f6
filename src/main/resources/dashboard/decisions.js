// The last decisions with the numbers behind them, and the decision that a pasted request would get now.
import { html, nothing } from './lib/lit-html.js';
import { repeat } from './lib/directives/repeat.js';
import { currentPool, state, update } from './store.js';
import { count, compact, percent, time } from './format.js';
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

// What a cost is made of, to be added up.
const sum = (terms) =>
  `${count(terms.waiting)} waiting + ${count(terms.computing)} computing + ${count(terms.delaying)} delaying others + ${count(terms.decoding)} decoding` +
  (terms.staying > 0 ? ` − ${count(terms.staying)} for staying` : '');

const candidates = (decision) => html`
  <div class="scroll" tabindex="0" role="region" aria-label="Candidates">
    <table>
      <caption>
        Every endpoint that was compared. Costs are in prefill tokens; the lowest wins.
      </caption>
      <thead>
        <tr>
          <th scope="col">Endpoint</th>
          <th scope="col" class="number">Cost</th>
          <th scope="col" class="number" title="u: tokens of this prompt that are not cached there">Uncached (u)</th>
          <th scope="col" class="number" title="leading tokens that are predicted to be cached there">Matched</th>
          <th scope="col" class="number" title="P: uncached tokens of requests in flight that still wait for their first byte">Prefill (P)</th>
          <th scope="col" class="number" title="n: requests in flight">In flight (n)</th>
          <th scope="col" class="number" title="R: their prompt tokens">Prompt tokens (R)</th>
          <th scope="col">Bound</th>
        </tr>
      </thead>
      <tbody>
        ${[...decision.candidates]
          .sort((a, b) => a.cost - b.cost)
          .map(
            (candidate) => html`<tr class=${candidate.endpoint === decision.endpoint ? 'chosen' : ''}>
              <th scope="row">${candidate.endpoint}${candidate.endpoint === decision.endpoint ? html` <small>chosen</small>` : nothing}</th>
              <td class="number" title=${sum(candidate.terms)}>${count(candidate.cost)}</td>
              <td class="number">${count(candidate.uncachedTokens)}</td>
              <td class="number">${count(candidate.matchedTokens)}</td>
              <td class="number">${count(candidate.prefillTokens)}</td>
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

function row(decision) {
  const opened = state.opened === id(decision);
  return html`<tr>
      <td>
        <button class="plain" aria-expanded=${String(opened)} @click=${() => update({ opened: opened ? null : id(decision), decisionsPaused: !opened || state.decisionsPaused })}>${opened ? '▾' : '▸'} ${time(decision.at)}</button>
      </td>
      <td>${decision.endpoint}</td>
      <td>${decision.key}</td>
      <td><span class="outcome ${decision.outcome}">${decision.outcome}</span></td>
      <td class="number">${count(decision.promptTokens)}</td>
      <td class="number">${count(decision.matchedTokens)}</td>
      <td class="number">${count(decision.deliveredTokens)}</td>
    </tr>
    ${opened
      ? html`<tr class="more"><td colspan="7">
          <p>${why(decision)} <small>Request ${decision.requestId}</small></p>
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
      <h2 id="explain-title">Where would a request go?</h2>
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
              <th scope="row">${delivery.endpoint}</th>
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

function search(event) {
  update({ decisionsOf: event.target.value });
  loadDecisions();
}

export function decisions() {
  const rows = state.decisions ?? [];
  return html`
    ${explainForm()}
    <section aria-labelledby="decisions-title">
      <div class="bar-line">
        <h2 id="decisions-title">Last decisions</h2>
        <label>Request <input type="search" placeholder="x-request-id" autocomplete="off" spellcheck="false" .value=${state.decisionsOf} @input=${search} /></label>
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
                    <th scope="col">Key</th>
                    <th scope="col">Outcome</th>
                    <th scope="col" class="number">Prompt</th>
                    <th scope="col" class="number" title="tokens predicted to be in the endpoint's cache">Predicted</th>
                    <th scope="col" class="number" title="tokens that the endpoint reported as cached when its response was complete">Reported</th>
                  </tr>
                </thead>
                <tbody>
                  ${repeat(rows, id, row)}
                </tbody>
              </table>
            </div>`}
    </section>
    ${accuracy()}
  `;
}
