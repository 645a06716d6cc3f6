// How numbers are written. What is not there is a dash, never a zero, and no line breaks between a number and its unit.
export const DASH = '–';
const GAP = '\u00a0';

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });

const known = (value) => value !== null && value !== undefined && !Number.isNaN(value);

export const percent = (share, digits = 1) => (known(share) ? `${(share * 100).toFixed(digits).replace(/^-(?=[0.]+$)/, '')}${GAP}%` : DASH);
export const count = (value) => (known(value) ? whole.format(value) : DASH);
// A number with what it counts.
export const counted = (value, noun) => `${count(value)} ${noun}${value === 1 ? '' : 's'}`;
export const compact = (value) => (known(value) ? short.format(value) : DASH);
export const rate = (value) => (known(value) ? (value < 10 ? value.toFixed(1) : compact(value)) : DASH);

export function seconds(value) {
  if (!known(value)) return DASH;
  if (value < 1) return `${Math.round(value * 1000)}${GAP}ms`;
  if (value < 120) return `${value.toFixed(value < 9.95 ? 1 : 0)}${GAP}s`;
  if (value < 7200) return `${Math.round(value / 60)}${GAP}min`;
  if (value < 172_800) return `${(value / 3600).toFixed(value < 36_000 ? 1 : 0)}${GAP}h`;
  return `${Math.round(value / 86_400)}${GAP}d`;
}

// Of what lasts and is drawn every second: tenths would only flicker.
export const wholeSeconds = (value) => (known(value) && value < 120 ? `${Math.round(value)}${GAP}s` : seconds(value));

// An ISO 8601 duration such as PT1H2M3.5S, in seconds.
export function durationSeconds(text) {
  const parts = /^P(?:(\d+)D)?T?(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?$/.exec(text ?? '');
  if (!parts) return null;
  const [days, hours, minutes, rest] = parts.slice(1).map((part) => Number(part ?? 0));
  return ((days * 24 + hours) * 60 + minutes) * 60 + rest;
}

// With the date, as events and charts span days.
export const dayAndTime = (iso, utc) =>
  new Date(iso).toLocaleString([], { weekday: 'short', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false, ...(utc ? { timeZone: 'UTC' } : {}) });

export const time = (iso, utc) => new Date(iso).toLocaleTimeString([], { hour12: false, ...(utc ? { timeZone: 'UTC' } : {}) });
