// Draws one chart of the trends, and only changes its data when it is there already.
const charts = new Map();
const PALETTE = ['--line-1', '--line-2', '--line-3'];

// Colours are read when a chart is made, so one of the other scheme has to go; the next drawing makes it anew.
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  charts.forEach((chart) => chart.destroy());
  charts.clear();
});

const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function clock(at, range) {
  const options = range === '7d' ? { weekday: 'short', hour: '2-digit', minute: '2-digit' } : { hour: '2-digit', minute: '2-digit' };
  return new Date(at).toLocaleString([], { ...options, hour12: false });
}

// Round times of the reader's own clock: quarters of an hour, every fourth hour, or days.
const TICK_MINUTES = { '1h': 15, '24h': 240, '7d': 1440 };

function ticks(min, max, range) {
  const step = TICK_MINUTES[range] * 60_000;
  const offset = new Date(max).getTimezoneOffset() * 60_000;
  const first = Math.ceil((min - offset) / step) * step + offset;
  const at = [];
  for (let value = first; value <= max; value += step) at.push({ value });
  return at;
}

export function draw(chart, data, range) {
  const canvas = document.getElementById(`chart-${chart.id}`);
  if (!canvas) return;
  const names = Object.keys(chart.lines);
  const points = data.figures[names[0]]?.length ?? 0;
  const first = data.now - (points - 1) * data.stepSeconds;
  const at = (i) => (first + i * data.stepSeconds) * 1000;
  const datasets = names.map((name, i) => ({
    label: chart.lines[name],
    data: (data.figures[name] ?? []).map((value, index) => ({ x: at(index), y: typeof value === 'number' ? value : null })),
    borderColor: color(PALETTE[i]),
    backgroundColor: color(PALETTE[i]),
    borderWidth: 1.5,
    pointRadius: 0,
    spanGaps: false,
  }));
  const existing = charts.get(chart.id);
  if (existing?.canvas === canvas) {
    existing.options.scales.x.min = at(0);
    existing.options.scales.x.max = at(points - 1);
    existing.options.scales.x.afterBuildTicks = (axis) => (axis.ticks = ticks(axis.min, axis.max, range));
    existing.options.scales.x.ticks.callback = (value) => clock(value, range);
    existing.data.datasets = datasets;
    existing.update('none');
    return;
  }
  existing?.destroy();
  charts.set(chart.id, create(chart, canvas, datasets, at(0), at(points - 1), range));
}

function create(chart, canvas, datasets, min, max, range) {
  const text = color('--muted');
  const grid = color('--border');
  return new Chart(canvas, {
    type: 'line',
    data: { datasets },
    options: {
      animation: false,
      maintainAspectRatio: false,
      parsing: false,
      normalized: true,
      interaction: { mode: 'index', intersect: false },
      scales: {
        x: {
          type: 'linear',
          min,
          max,
          grid: { display: false },
          afterBuildTicks: (axis) => (axis.ticks = ticks(axis.min, axis.max, range)),
          ticks: { color: text, autoSkipPadding: 12, maxRotation: 0, callback: (value) => clock(value, range) },
        },
        y: { min: 0, max: chart.max, suggestedMax: chart.atLeast, grid: { color: grid }, ticks: { color: text, maxTicksLimit: 5, callback: (value) => chart.format(value) } },
      },
      plugins: {
        legend: { display: datasets.length > 1, labels: { color: text, boxWidth: 12, boxHeight: 2 } },
        tooltip: { callbacks: { title: (items) => clock(items[0].parsed.x, range), label: (item) => `${item.dataset.label} ${chart.format(item.parsed.y)}` } },
      },
    },
  });
}
