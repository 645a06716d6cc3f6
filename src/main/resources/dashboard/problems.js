// Current problems, with their causes and what to do.
import { html, nothing } from './lib/lit-html.js';
import { repeat } from './lib/directives/repeat.js';
import { currentPool, state } from './store.js';
import { seconds } from './format.js';

const ORDER = { critical: 0, warning: 1, info: 2 };

function fill(text, pool, problem) {
  return text
    .replaceAll('{pool}', pool.pool)
    .replaceAll('{endpoint}', problem.endpoint ?? '')
    .replaceAll('{value}', problem.value ?? '');
}

function entry(id) {
  return (
    state.settings?.problems.find((candidate) => candidate.id === id) ?? {
      severity: 'warning',
      title: id,
      meaning: '',
      causes: [],
      look: [],
      actions: [],
    }
  );
}

// Text between backticks is code.
const withCode = (text) => text.split('`').map((part, i) => (i % 2 ? html`<code>${part}</code>` : part));

const sinceSeconds = (problem) => Math.max(0, (Date.parse(state.live.at) - Date.parse(problem.since)) / 1000);

// One line for the same problem at several endpoints, as old as the oldest.
function grouped(problems) {
  const groups = new Map();
  for (const problem of problems) {
    const group = groups.get(problem.id);
    if (group) {
      group.endpoints.push(problem.endpoint);
      if (problem.since < group.problem.since) group.problem = problem;
    } else {
      groups.set(problem.id, { problem, endpoints: [problem.endpoint] });
    }
  }
  return [...groups.values()];
}

export function problems() {
  const pool = currentPool();
  const groups = grouped(pool.problems)
    .map((group) => ({ ...group, entry: entry(group.problem.id) }))
    .sort((a, b) => ORDER[a.entry.severity] - ORDER[b.entry.severity]);
  return html`
    <section aria-labelledby="problems-title">
      <h2 id="problems-title">Problems</h2>
      ${groups.length === 0
        ? html`<p class="well">No problems.</p>`
        : html`<ul class="problems">
            ${repeat(
              groups,
              ({ problem }) => problem.id,
              ({ problem, endpoints, entry: text }) => html`<li class=${text.severity}>
                <details>
                  <summary>
                    <span class="severity">${text.severity}</span>
                    <strong>${text.title}</strong>
                    ${endpoints.length > 1
                      ? html`<span>${endpoints.length} endpoints</span>`
                      : problem.endpoint
                        ? html`<span>${problem.endpoint}</span>`
                        : nothing}
                    <span class="since">for ${seconds(sinceSeconds(problem))}</span>
                  </summary>
                  <p>
                    ${fill(text.meaning, pool, {
                      ...problem,
                      endpoint:
                        endpoints.length > 3
                          ? `${endpoints.slice(0, 3).join(', ')} and ${endpoints.length - 3} more`
                          : endpoints.join(', '),
                    })}
                  </p>
                  <h3>Likely causes</h3>
                  <ul>
                    ${text.causes.map((cause) => html`<li>${cause}</li>`)}
                  </ul>
                  <h3>How to check</h3>
                  <ul>
                    ${text.look.map((way) => html`<li>${withCode(way)}</li>`)}
                  </ul>
                  <h3>What to do</h3>
                  <ol>
                    ${text.actions.map((action) => html`<li>${withCode(action)}</li>`)}
                  </ol>
                </details>
              </li>`,
            )}
          </ul>`}
    </section>
  `;
}
