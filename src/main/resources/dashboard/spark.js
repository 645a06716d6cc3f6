// Small charts and bars, as SVG, whose sizes are attributes: the page allows no inline styles.
import { svg, html } from './lib/lit-html.js';

const WIDTH = 96;
const HEIGHT = 22;

// Shares from 0 to 1, oldest first; gaps stay gaps.
export function spark(values, label) {
  const step = WIDTH / Math.max(1, (values?.length ?? 1) - 1);
  let path = '';
  let pen = 'M';
  (values ?? []).forEach((value, i) => {
    if (value === null) {
      pen = 'M';
      return;
    }
    path += `${pen}${(i * step).toFixed(1)} ${(HEIGHT - 1 - value * (HEIGHT - 2)).toFixed(1)}`;
    pen = 'L';
  });
  return html`<svg class="spark" width=${WIDTH} height=${HEIGHT} viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label=${label}>
    ${svg`<path d=${path} fill="none" />`}
  </svg>`;
}

export function bar(share, label) {
  const width = Math.max(0, Math.min(1, share ?? 0)) * 48;
  return html`<svg class="bar ${share > 0.9 ? 'full' : ''}" width="48" height="8" role="img" aria-label=${label}>
    ${svg`<rect class="all" width="48" height="8" rx="2" /><rect class="part" width=${width} height="8" rx="2" />`}
  </svg>`;
}
