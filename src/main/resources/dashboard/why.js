// Says in a sentence why a decision fell as it did, from the numbers it was taken by.
import { count } from './format.js';

const BINDING_KEYS = { session: 'session', 'client-ip': 'client’s address' };

const cost = (tokens) => `${count(Math.abs(tokens))} tokens ${tokens < 0 ? 'less' : 'more'}`;

// How the next best compares with the one that was chosen.
function others(candidates, chosen) {
  const next = candidates.filter((candidate) => candidate !== chosen).sort((a, b) => a.cost - b.cost)[0];
  if (!next) return 'No other was weighed: they are full or out, or this one had to show that it is back.';
  const more = next.cost - chosen.cost;
  if (more >= 0) return `${next.endpoint}, the next best, would have cost ${cost(more)}.`;
  return `${next.endpoint} would have cost ${cost(more)}, so close that it counts as equal.`;
}

function ofBindingKey(key, outcome, candidates, chosen) {
  const home = candidates.find((candidate) => candidate.bound);
  switch (outcome) {
    case 'bound':
      return `Its ${key} is bound there. ${others(candidates, chosen)}`;
    case 'placed':
      return `Its ${key} was bound nowhere yet. ${others(candidates, chosen)}`;
    case 'moved':
      return home
        ? `Its ${key} was bound to ${home.endpoint}, which would have cost ${cost(home.cost - chosen.cost)} even with the bonus for staying.`
        : `The endpoint that its ${key} was bound to is gone, full or has failed it. ${others(candidates, chosen)}`;
    default:
      return `The endpoint that its ${key} is bound to is out for a while; it stays bound there. ${others(candidates, chosen)}`;
  }
}

function ofPrompt(candidates, chosen) {
  const warmest = [...candidates].sort((a, b) => b.matchedTokens - a.matchedTokens)[0];
  if (warmest.matchedTokens === 0) return `No endpoint is known to hold its beginning. ${others(candidates, chosen)}`;
  if (chosen.matchedTokens === warmest.matchedTokens)
    return `None holds more of its prompt. ${others(candidates, chosen)}`;
  return `${warmest.endpoint} holds more of its prompt, but would have cost ${cost(warmest.cost - chosen.cost)}.`;
}

export function why({ key, outcome, endpoint, candidates }) {
  const chosen = candidates.find((candidate) => candidate.endpoint === endpoint);
  if (!chosen) return 'Its policy compares no costs.';
  const bindingKey = BINDING_KEYS[key];
  return bindingKey ? ofBindingKey(bindingKey, outcome, candidates, chosen) : ofPrompt(candidates, chosen);
}
