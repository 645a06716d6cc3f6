// The address says what the page shows: a view, its pool, and whatever else the view is of.
export function readAddress() {
  const [view, query] = location.hash.replace(/^#\/?/, '').split('?');
  return { view, ...Object.fromEntries(new URLSearchParams(query)) };
}

export function link(view, parameters = {}) {
  const given = Object.entries(parameters).filter(([, value]) => value !== null && value !== undefined && value !== '');
  return `#/${view}${given.length ? `?${new URLSearchParams(given)}` : ''}`;
}
