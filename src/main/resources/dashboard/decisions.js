// The last decisions with every number of their cost, and the one that a pasted request would get now.
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
  try {
    const answer = await api.decisions(pool.pool, 50, request);
    if (pool.pool !== currentPool().pool || request !== state.decisionsOf.trim()) return;
    update({ decisions: answer.decisions, delivery: answer.delivery, decisionsError: null });
  } catch (failure) {
    update({ decisionsError: failure.message });
  }
}

const candidates = (decision) => html`
  <div class="scroll" tabindex="0" role="region" aria-label="Candidates">
    <table>
      <caption>
        Every endpoint that was weighed; costs in prefill tokens, the smallest wins
      </caption>
      <thead>
        <tr>
          <th scope="col">Endpoint</th>
          <th scope="col" class="number">Cost</th>
          <th scope="col" class="number" title="u: tokens of this prompt that it does not hold">Uncached (u)</th>
          <th scope="col" class="number" title="leading tokens it is predicted to hold">Matched</th>
          <th scope="col" class="number" title="P: uncached tokens in flight whose first byte has not come back">Prefill (P)</th>
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
              <td class="number">${count(candidate.cost)}</td>
              <td class="number">${count(candidate.uncachedTokens)}</td>
              <td class="number">${count(candidate.matchedTokens)}</td>
              <td class="number">${count(candidate.prefillTokens)}</td>
              <td class="number">${count(candidate.inFlight)}</td>
              <td class="number">${count(candidate.inFlightPromptTokens)}</td>
              <td>${candidate.bound ? 'bound' : ''}</td>
            </tr>`,
          )}
      </tbody>
    </table>
  </div>
`;

// A request that was retried has several.
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
    const answer = await api.explain(body, headersOf(headers));
    update({ explain: { ...state.explain, busy: false, answer } });
  } catch (failure) {
    update({ explain: { ...state.explain, busy: false, answer: null, error: failure.message } });
  }
}

const change = (field) => (event) => update({ explain: { ...state.explain, [field]: event.target.value } });

function explainForm() {
  const { answer, error, busy } = state.explain;
  return html`
    <section aria-labelledby="explain-title">
      <h2 id="explain-title">Where would a request go?</h2>
      <p class="note">Paste the body of a request. It is read as a real one would be; nothing is sent to an endpoint and nothing changes.</p>
      <form class="explain" @submit=${ask}>
        <label>Body <textarea rows="5" required spellcheck="false" placeholder='{"model": "...", "messages": [...]}' .value=${state.explain.body} @input=${change('body')}></textarea></label>
        <label>Headers, one a line <textarea rows="2" spellcheck="false" placeholder="x-session-id: ..." .value=${state.explain.headers} @input=${change('headers')}></textarea></label>
        <button ?disabled=${busy}>Explain</button>
      </form>
      ${error ? html`<p class="problem" role="alert">${error}</p>` : nothing}
      ${answer
        ? html`<div class="answer" role="status">
            <p>
              To <strong>${answer.endpoint}</strong> of pool ${answer.pool}, by ${answer.key}, ${answer.outcome}:
              ${count(answer.matchedTokens)} of ${count(answer.promptTokens)} tokens are predicted to be cached there.
            </p>
            ${answer.promptTokens === 0 && answer.candidates.length ? html`<p class="note">No prompt could be read of this body, so key and load decide alone.</p>` : nothing}
            <p>${why(answer)}</p>
            ${answer.candidates.length ? candidates(answer) : nothing}
          </div>`
        : nothing}
    </section>
  `;
}

function delivered() {
  const rows = state.delivery.filter((delivery) => delivery.pool === currentPool().pool);
  if (rows.length === 0) return nothing;
  return html`<section aria-labelledby="delivered-title">
    <h2 id="delivered-title">Predicted against delivered</h2>
    <div class="scroll" tabindex="0" role="region" aria-label="Predicted against delivered hits">
      <table>
        <thead>
          <tr>
            <th scope="col">Endpoint</th>
            <th scope="col" class="number">Answers</th>
            <th scope="col" class="number">Predicted</th>
            <th scope="col" class="number">Delivered</th>
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
        <label>Request <input type="search" placeholder="its x-request-id" autocomplete="off" spellcheck="false" .value=${state.decisionsOf} @input=${search} /></label>
        <button aria-pressed=${String(state.decisionsPaused)} @click=${() => update({ decisionsPaused: !state.decisionsPaused })}>
          ${state.decisionsPaused ? 'Paused' : 'Following'}
        </button>
      </div>
      ${state.decisionsError ? html`<p class="problem" role="alert">Not loaded: ${state.decisionsError}</p>` : nothing}
      ${state.decisions === null
        ? html`<p class="note">Loading…</p>`
        : rows.length === 0
          ? html`<p class="note">
              ${state.decisionsOf.trim() ? 'None of the last decisions is of this request.' : 'No request has been routed yet.'}
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
                    <th scope="col" class="number" title="tokens that it reported as cached, once its answer was complete">Delivered</th>
                  </tr>
                </thead>
                <tbody>
                  ${repeat(rows, id, row)}
                </tbody>
              </table>
            </div>`}
    </section>
    ${delivered()}
  `;
}
