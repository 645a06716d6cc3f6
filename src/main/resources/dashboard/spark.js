// Small charts and bars, as SVG, whose sizes are attributes: the page allows no inline styles.
import { svg, html } from './lib/lit-html.js';

const WIDTH = 96;
const HEIGHT = 22;

// Hundreds are drawn again every second, and their values come every half minute.
const paths = new WeakMap();

function pathOf(values) {
  const known = paths.get(values);
  if (known !== undefined) return known;
  const step = WIDTH / Math.max(1, values.length - 1);
  let path = '';
  let pen = 'M';
  values.forEach((value, i) => {
    if (value === null) {
      pen = 'M';
      return;
    }
    path += `${pen}${(i * step).toFixed(1)} ${(HEIGHT - 1 - value * (HEIGHT - 2)).toFixed(1)}`;
    pen = 'L';
  });
  paths.set(values, path);
  return path;
}

// Shares from 0 to 1, oldest first; gaps stay gaps.
export const spark = (values, label) => html`<svg class="spark" width=${WIDTH} height=${HEIGHT} viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label=${label}>
  ${svg`<path d=${values ? pathOf(values) : ''} fill="none" />`}
</svg>`;

export function bar(share, label) {
  const width = Math.max(0, Math.min(1, share ?? 0)) * 48;
  return html`<svg class="bar ${share > 0.9 ? 'full' : ''}" width="48" height="8" role="img" aria-label=${label}>
    ${svg`<rect class="all" width="48" height="8" rx="2" /><rect class="part" width=${width} height="8" rx="2" />`}
  </svg>`;
}
