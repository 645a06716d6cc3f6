// What is wrong: causes first, each with its consequences folded under it, and where to look next.
import { html, nothing } from './lib/lit-html.js';
import { repeat } from './lib/directives/repeat.js';
import { link } from './address.js';
import { advice, entryOf } from './runbook.js';
import { state } from './store.js';
import { seconds, wholeSeconds } from './format.js';

const ORDER = { critical: 0, warning: 1, info: 2 };

// Of all pools as all replicas see them, and of the replicas themselves.
export function everyProblem() {
  const all = [];
  state.live.replicas.forEach((replica, index) => {
    const name = replica.name ?? location.host;
    if (replica.silent) all.push({ id: 'replica-silent', pool: '', endpoint: name, value: seconds(replica.silentMillis / 1000), since: earlier(replica.silentMillis), replica: '' });
    const other = replica.differingSettings;
    if (other) all.push({ id: 'replicas-differ', pool: '', endpoint: name, value: other.groups.join(', '), since: other.since, replica: '' });
    const pools = index === 0 ? state.live.pools : (replica.pools ?? []);
    for (const pool of pools) for (const problem of pool.problems) all.push({ ...problem, pool: pool.pool, replica: name });
  });
  return all;
}

// Whether one of these is among them. What a figure is coloured by, so that colours and words agree.
export const has = (problems, ...ids) => problems.some((problem) => ids.includes(problem.id));

export const problemsOf = (pool) => everyProblem().filter((problem) => problem.pool === pool);

const earlier = (millis) => new Date(Date.parse(state.live.at) - millis).toISOString();

// Whether none of what brings a problem with it is at its own endpoint, where that is what counts.
function standsAlone(problem, text, problems) {
  const brings = (other) => text.follows.includes(other.id) && other.pool === problem.pool && other.endpoint === problem.endpoint;
  return text.sameEndpoint && !problems.some(brings);
}

// The same problem of a pool at several endpoints or replicas is one, as old as the oldest; two if it has its cause at some of them only.
function grouped(problems) {
  const groups = new Map();
  for (const problem of problems) {
    const text = entryOf(problem.id);
    const alone = standsAlone(problem, text, problems);
    const key = `${problem.pool} ${problem.id}${alone ? ' alone' : ''}`;
    const group = groups.get(key) ?? { ...problem, key, text, alone, severity: text.severity, endpoints: new Set(), replicas: new Set(), consequences: [] };
    if (problem.endpoint) group.endpoints.add(problem.endpoint);
    group.replicas.add(problem.replica);
    if (problem.since < group.since) group.since = problem.since;
    groups.set(key, group);
  }
  return groups;
}

// Causes with their consequences: a problem stands under the first of those that it follows and that its pool has. A cause is as severe as the worst of them.
export function roots(problems) {
  const groups = grouped(problems);
  const causeOf = (group) => !group.alone && group.text.follows.map((id) => groups.get(`${group.pool} ${id}`)).find(Boolean);
  const found = [];
  for (const group of groups.values()) {
    let root = group;
    for (let cause = causeOf(root); cause; cause = causeOf(cause)) root = cause;
    if (root === group) found.push(group);
    else {
      root.consequences.push(group);
      if (ORDER[group.severity] < ORDER[root.severity]) root.severity = group.severity;
    }
  }
  return found.sort((a, b) => ORDER[a.severity] - ORDER[b.severity] || a.since.localeCompare(b.since));
}

export function titleOf(group) {
  const places = [...group.endpoints];
  return places.length === 0 ? group.text.title : `${group.text.title}: ${places.length > 2 ? `${places.length} endpoints` : places.join(', ')}`;
}

const named = (endpoints) => (endpoints.size > 1 ? `each of ${endpoints.size} endpoints` : [...endpoints].join(''));

const since = (group) => `for ${wholeSeconds(Math.max(0, (Date.parse(state.live.at) - Date.parse(group.since)) / 1000))}`;

function seenBy(group) {
  const known = state.live.replicas.length;
  return known > 1 && group.pool && group.replicas.size < known ? html`<span>seen by ${[...group.replicas].join(', ')} only</span>` : nothing;
}

function where(group) {
  const pool = state.live.pools.find((candidate) => candidate.pool === group.pool);
  const endpoints = (pool?.endpoints ?? []).filter((endpoint) => group.endpoints.has(endpoint.name)).slice(0, 5);
  return html`<p class="links">
    ${endpoints.map((endpoint) => html`<a href=${link('endpoint', { pool: group.pool, endpoint: endpoint.id })}>Endpoint ${endpoint.name}</a>`)}
    ${pool
      ? html`<a href=${link('overview', { pool: group.pool })}>Pool ${group.pool}</a>
          <a href=${link('decisions', { pool: group.pool, endpoint: endpoints.length === 1 ? endpoints[0].name : '' })}>Decisions</a>`
      : nothing}
    <a href=${link('runbook', { problem: group.id })}>Runbook</a>
  </p>`;
}

const inSentence = (title) => title.charAt(0).toLowerCase() + title.slice(1);

const line = (group) => html`<span class="severity">${group.severity}</span> <strong>${group.text.title}</strong>
  ${state.live.pools.length > 1 && group.pool ? html`<span>${group.pool}</span>` : nothing}
  ${group.endpoints.size > 1 ? html`<span>${group.endpoints.size} endpoints</span>` : html`<span>${[...group.endpoints].join('')}</span>`}
  ${seenBy(group)}`;

const consequence = (group) => html`<li class=${group.severity}>
  <details>
    <summary>${line(group)}<span class="since">${since(group)}</span></summary>
    ${advice(group.text, { ...group, endpoint: named(group.endpoints) })} ${where(group)}
  </details>
</li>`;

const cause = (group) => html`<li class=${group.severity}>
  <details>
    <summary>
      ${line(group)}<span class="since">${since(group)}</span>
      ${group.consequences.length
        ? html`<span class="with-it">brings with it: ${group.consequences.map((each) => inSentence(each.text.title)).join(' · ')}</span>`
        : nothing}
    </summary>
    ${advice(group.text, { ...group, endpoint: named(group.endpoints) })} ${where(group)}
    ${group.consequences.length
      ? html`<h3>What it brings with it</h3>
          <ul class="problems consequences">
            ${repeat(group.consequences, (each) => each.key, consequence)}
          </ul>`
      : nothing}
  </details>
</li>`;

export function problemList(problems, scope) {
  const causes = roots(problems);
  return html`
    <section aria-labelledby="problems-title">
      <div class="bar-line"><h2 id="problems-title">Problems</h2><span class="note">${scope}</span></div>
      ${causes.length === 0
        ? html`<p class="well">No problems.</p>`
        : html`<ul class="problems">
            ${repeat(causes, (group) => group.key, cause)}
          </ul>`}
    </section>
  `;
}
