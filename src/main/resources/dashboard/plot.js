// Draws one chart, or only changes what it shows when it is there already. All charts have one time axis, one line under the pointer,
// and the same marks where something happened.
const charts = new Map();
const PALETTE = ['--line-1', '--line-2', '--line-3'];
const AXIS_WIDTH = 62;
const DAY = 86_400;

// The library is most of the page's size, so it comes with the first chart.
let library = null;
const loaded = () =>
  (library ??= new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.src = new URL('lib/chart.js', import.meta.url);
    script.onload = resolve;
    script.onerror = () => reject(new Error('the charts could not be loaded'));
    document.head.append(script);
  }));

// Colours are read when a chart is made, so those of another theme have to go; the next drawing makes them anew.
export function forgetColors() {
  charts.forEach(({ plot }) => plot.destroy());
  charts.clear();
}

const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function clock(seconds, view, exact) {
  const options = { hour: '2-digit', minute: '2-digit', hour12: false, ...(view.utc ? { timeZone: 'UTC' } : {}) };
  if (exact) options.second = '2-digit';
  const date = { weekday: 'short', day: 'numeric', month: 'short', ...(view.utc ? { timeZone: 'UTC' } : {}) };
  const at = new Date(seconds * 1000);
  const midnight = (seconds - offsetOf(seconds, view)) % DAY === 0;
  const day = at.toLocaleDateString([], date);
  if (exact) return `${day} ${at.toLocaleTimeString([], options)}${view.utc ? ' UTC' : ''}`;
  return midnight ? day : at.toLocaleTimeString([], options);
}

// Seconds to take off the time to get that of the clock on the wall.
const offsetOf = (seconds, view) => (view.utc ? 0 : new Date(seconds * 1000).getTimezoneOffset() * 60);

const STEPS = [10, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, DAY, 2 * DAY];

// Round times of the clock, some six of them.
function ticks(view) {
  const step = STEPS.find((candidate) => (view.to - view.from) / candidate <= 7) ?? 7 * DAY;
  const offset = offsetOf(view.to, view);
  const at = [];
  for (let value = Math.ceil((view.from - offset) / step) * step + offset; value <= view.to; value += step) at.push({ value });
  return at;
}

function series(figures, name, last, step) {
  const values = figures[name] ?? [];
  const first = last - (values.length - 1) * step;
  return values.map((value, i) => ({ x: first + i * step, y: typeof value === 'number' ? value : null }));
}

function datasets(chart, data) {
  const lines = Object.entries(chart.lines).map(([name, label], i) => ({
    label,
    data: series(data.figures, name, data.now, data.stepSeconds),
    borderColor: color(PALETTE[i]),
    backgroundColor: color(PALETTE[i]),
    borderWidth: 1.5,
    pointRadius: 0,
    spanGaps: false,
  }));
  const [name, label] = Object.entries(chart.lines)[0];
  if (data.lastWeek) {
    lines.push({
      label: `${label}, a week before`,
      data: series(data.lastWeek.figures, name, data.lastWeek.now + 7 * DAY, data.lastWeek.stepSeconds),
      borderColor: color('--muted'),
      backgroundColor: color('--muted'),
      borderWidth: 1,
      borderDash: [4, 3],
      pointRadius: 0,
      spanGaps: true,
    });
  }
  return lines;
}

export async function draw(chart, data, view) {
  await loaded();
  const canvas = document.getElementById(`chart-${chart.id}`);
  if (!canvas) return;
  let known = charts.get(chart.id);
  if (known?.plot.canvas !== canvas) {
    known?.plot.destroy();
    known = { view };
    known.plot = create(chart, canvas, () => known.view);
    charts.set(chart.id, known);
  }
  known.view = view;
  known.plot.options.scales.x.min = view.from;
  known.plot.options.scales.x.max = view.to;
  known.plot.data.datasets = datasets(chart, data);
  known.plot.update('none');
}

// The line under the pointer, in seconds, and where a drag to zoom began.
let pointed = null;
let dragged = null;

function pointAt(seconds) {
  pointed = seconds;
  charts.forEach(({ plot }) => {
    if (!plot.canvas.isConnected) return;
    const active = seconds === null ? [] : nearest(plot, seconds);
    plot.setActiveElements(active);
    plot.tooltip.setActiveElements(active, { x: plot.scales.x.getPixelForValue(seconds ?? 0), y: plot.chartArea.top });
    plot.update('none');
  });
}

function nearest(plot, seconds) {
  const found = [];
  plot.data.datasets.forEach((dataset, datasetIndex) => {
    const step = (dataset.data[1]?.x ?? 0) - (dataset.data[0]?.x ?? 0);
    const index = step > 0 ? Math.round((seconds - dataset.data[0].x) / step) : -1;
    if (dataset.data[index]?.y !== null && dataset.data[index] !== undefined) found.push({ datasetIndex, index });
  });
  return found;
}

const near = (view, at) => Math.abs(at - pointed) < (view.to - view.from) / 100;

const lines = (viewOf) => ({
  id: 'lines',
  afterDraw(plot) {
    const { ctx, chartArea, scales } = plot;
    const view = viewOf();
    const vertical = (seconds, style, dash) => {
      const x = scales.x.getPixelForValue(seconds);
      if (x < chartArea.left || x > chartArea.right) return;
      ctx.save();
      ctx.strokeStyle = style;
      ctx.setLineDash(dash);
      ctx.beginPath();
      ctx.moveTo(x, chartArea.top);
      ctx.lineTo(x, chartArea.bottom);
      ctx.stroke();
      ctx.fillStyle = style;
      if (dash.length) ctx.fillRect(x - 3, chartArea.top, 6, 4);
      ctx.restore();
    };
    for (const event of view.events ?? []) vertical(Date.parse(event.at) / 1000, color(MARKS[event.severity] ?? '--muted'), [2, 3]);
    if (pointed !== null) vertical(pointed, color('--text'), []);
    if (dragged !== null && pointed !== null) {
      const [left, right] = [dragged, pointed].map((at) => scales.x.getPixelForValue(at)).sort((a, b) => a - b);
      ctx.save();
      ctx.globalAlpha = 0.15;
      ctx.fillStyle = color('--accent');
      ctx.fillRect(left, chartArea.top, right - left, chartArea.bottom - chartArea.top);
      ctx.restore();
    }
  },
});

const MARKS = { critical: '--bad', warning: '--warn', good: '--good' };

function listen(canvas, plotOf, viewOf) {
  const at = (event) => plotOf().scales.x.getValueForPixel(event.offsetX);
  canvas.addEventListener('pointermove', (event) => pointAt(at(event)));
  canvas.addEventListener('pointerleave', () => {
    dragged = null;
    pointAt(null);
  });
  canvas.addEventListener('pointerdown', (event) => (dragged = at(event)));
  canvas.addEventListener('pointerup', (event) => {
    const [from, to] = [dragged ?? at(event), at(event)].sort((a, b) => a - b);
    dragged = null;
    viewOf().zoom(from, to);
  });
  canvas.addEventListener('keydown', (event) => {
    const view = viewOf();
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    pointAt(Math.min(view.to, Math.max(view.from, (pointed ?? view.to) + (step * (view.to - view.from)) / 60)));
  });
  canvas.addEventListener('blur', () => pointAt(null));
}

function create(chart, canvas, viewOf) {
  const text = color('--muted');
  const plot = new Chart(canvas, {
    type: 'line',
    data: { datasets: [] },
    plugins: [lines(viewOf)],
    options: {
      animation: false,
      maintainAspectRatio: false,
      parsing: false,
      normalized: true,
      events: [],
      layout: { padding: { right: 8 } },
      scales: {
        x: {
          type: 'linear',
          grid: { display: false },
          afterBuildTicks: (axis) => (axis.ticks = ticks(viewOf())),
          ticks: { color: text, autoSkipPadding: 12, maxRotation: 0, callback: (value) => clock(value, viewOf()) },
        },
        y: {
          min: 0,
          max: chart.max,
          suggestedMax: chart.atLeast,
          afterFit: (axis) => (axis.width = AXIS_WIDTH),
          grid: { color: color('--border') },
          ticks: { color: text, maxTicksLimit: 5, callback: (value) => chart.format(value) },
        },
      },
      plugins: {
        legend: { display: false }, // the caption says which line is which
        tooltip: {
          callbacks: {
            title: (items) => (items.length ? clock(items[0].parsed.x, viewOf(), true) : ''),
            label: (item) => `${item.dataset.label} ${chart.format(item.parsed.y)}`,
            afterBody: () =>
              (viewOf().events ?? [])
                .filter((event) => near(viewOf(), Date.parse(event.at) / 1000))
                .slice(0, 3)
                .map((event) => event.text),
          },
        },
      },
    },
  });
  listen(canvas, () => plot, viewOf);
  return plot;
}
