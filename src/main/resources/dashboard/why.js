// Explains a decision in a sentence, from the numbers that it was based on.
import { counted } from './format.js';

const BINDING_KEYS = { session: 'session', 'body-session': 'session', 'client-ip': 'client’s address' };

const cost = (tokens) => `${counted(Math.abs(tokens), 'token')} ${tokens < 0 ? 'less' : 'more'}`;

// Compares the next best endpoint with the chosen one.
function others(candidates, chosen) {
  const next = candidates.filter((candidate) => candidate !== chosen).sort((a, b) => a.cost - b.cost)[0];
  if (!next) return 'No other endpoint was compared: the others are full, unhealthy or ejected, or this request tests whether the endpoint has recovered.';
  const more = next.cost - chosen.cost;
  if (more >= 0) return `${next.endpoint}, the next best, would have cost ${cost(more)}.`;
  return `${next.endpoint} would have cost ${cost(more)}, which is so close that it counts as equal.`;
}

function ofBindingKey(key, outcome, candidates, chosen) {
  const bound = candidates.find((candidate) => candidate.bound);
  switch (outcome) {
    case 'bound':
      return `Its ${key} is bound there. ${others(candidates, chosen)}`;
    case 'placed':
      return `Its ${key} was not bound yet. ${others(candidates, chosen)}`;
    case 'moved':
      return bound
        ? `Its ${key} was bound to ${bound.endpoint}, which would have cost ${cost(bound.cost - chosen.cost)} even with the bonus for its bound endpoint.`
        : `The endpoint that its ${key} was bound to is gone or full, or has failed this request. ${others(candidates, chosen)}`;
    default:
      return `The endpoint that its ${key} is bound to is not available at the moment. The binding stays. ${others(candidates, chosen)}`;
  }
}

function ofPrompt(candidates, chosen) {
  const warmest = [...candidates].sort((a, b) => b.matchedTokens - a.matchedTokens)[0];
  if (warmest.matchedTokens === 0) return `No endpoint is predicted to have the beginning of its prompt cached. ${others(candidates, chosen)}`;
  if (chosen.matchedTokens === warmest.matchedTokens)
    return `No endpoint is predicted to have more of its prompt cached. ${others(candidates, chosen)}`;
  return `${warmest.endpoint} is predicted to have more of its prompt cached, but would have cost ${cost(warmest.cost - chosen.cost)}.`;
}

export function why({ key, outcome, endpoint, candidates }) {
  const chosen = candidates.find((candidate) => candidate.endpoint === endpoint);
  if (!chosen) return 'This policy does not compare costs.';
  const bindingKey = BINDING_KEYS[key];
  return bindingKey ? ofBindingKey(bindingKey, outcome, candidates, chosen) : ofPrompt(candidates, chosen);
}
