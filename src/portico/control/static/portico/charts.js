// Live charts: <section data-figures="ADDRESS"> with a <figure data-chart="NAME"> for each.
// The address is the API's; what has come since the last answer is asked for again and again.
const PAUSE = { hour: 5000, day: 30_000 };
const HEIGHT = 168;
const LATE = 90; // seconds back from the last step that a look may still add to: with many apps looks are rare
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });
const [KIB, MIB, GIB] = [2 ** 10, 2 ** 20, 2 ** 30];

const percent = (value) => `${Math.round(value * 100)}%`;
function bytes(value) {
  if (value >= GIB) return `${(value / GIB).toFixed(1)} GiB`;
  return value >= MIB ? `${Math.round(value / MIB)} MiB` : `${Math.round(value / KIB)} KiB`;
}
const perMinute = (value) => `${value < 10 && value > 0 ? value.toFixed(1) : Math.round(value)}/min`;
const duration = (value) =>
  (value >= 1 ? `${value.toFixed(value < 10 ? 1 : 0)} s` : `${Math.round(value * 1000)} ms`);
const minutely = (values) => values.map((value) => (value === null ? null : value * 60));
const ofRequests = ({ requests, errors }) => [
  { label: "requests", values: minutely(requests), tone: "news" },
  { label: "errors", values: minutely(errors), tone: "bad" },
];
const ofLatency = ({ latency }) => [
  { label: "median", values: latency.median }, { label: "95th percentile", values: latency.p95 },
];
const ofTypes = (figure) => ({ processes }) =>
  Object.entries(processes).map(([type, figures]) => ({
    label: type, values: figures[figure], limit: figures[`${figure}_limit`] ?? null,
  }));

// What each shows, how its values are written, where its axis has lines, and the least it is high.
const CHARTS = {
  requests: { series: ofRequests, says: perMinute, steps: decimal(1), least: 5 },
  latency: { series: ofLatency, says: duration, steps: decimal(0.001), least: 0.01 },
  cpu: { series: ofTypes("cpu"), says: percent, steps: decimal(0.01), least: 0.1 },
  memory: { series: ofTypes("memory"), says: bytes, steps: binary(), least: 32 * MIB },
};

function decimal(from) {
  return Array.from({ length: 9 }, (_, power) => [1, 2, 5].map((n) => n * from * 10 ** power)).flat();
}
function binary() {
  return Array.from({ length: 32 }, (_, power) => KIB * 2 ** power);
}

const known = (values) => values.filter((value) => value !== null);

// A limit far above everything else would make a flat line of it: then it stands in the legend alone.
function top(series, least) {
  const most = Math.max(least, ...series.flatMap(({ values }) => known(values)));
  const near = series.map(({ limit }) => limit ?? 0).filter((limit) => limit <= most * 4);
  return Math.max(most, ...near) * 1.1;
}

// One figure of each step: `values` begin at `start`; what a newer answer says of a step counts.
function joined(before, answer) {
  const skipped = before ? (answer.start - before.start) / answer.step : -1;
  if (skipped < 0 || skipped > before.length) return { ...answer, length: answer.count };
  const gone = Math.max(skipped + answer.count - before.length, 0);
  const length = skipped + answer.count - gone;
  const empty = (count) => Array(count).fill(null);
  const line = (label) => {
    const old = before.series.find((one) => one.label === label)?.values ?? empty(before.length);
    const one = answer.series.find((each) => each.label === label);
    const values = [...old.slice(0, skipped), ...(one?.values ?? empty(answer.count))];
    return { ...one, label, values: values.slice(gone) };
  };
  const labels = new Set([...answer.series, ...before.series].map(({ label }) => label));
  const series = [...labels].map(line).filter(({ values }) => known(values).length);
  return { ...answer, length, start: before.start + gone * answer.step, series };
}

// Points that have no neighbour: no line leads to them.
function alone(plot, index) {
  const values = plot.data[index];
  return values.flatMap((value, at) =>
    (value !== null && values[at - 1] == null && values[at + 1] == null ? [at] : []));
}

class Chart {
  constructor(figure) {
    this.figure = figure;
    this.kind = CHARTS[figure.dataset.chart];
    this.plot = figure.querySelector(".plot");
    this.legend = figure.querySelector(".legend");
    this.about = figure.querySelector("[data-about]");
    this.plot.setAttribute("role", "img");
    new ResizeObserver(() => this.fit()).observe(this.plot);
  }

  take(answer) {
    this.past = joined(this.past, { ...answer, series: this.kind.series(answer) });
    const { series } = this.past;
    this.figure.querySelector(".nothing").hidden = series.length > 0;
    this.plot.hidden = series.length === 0;
    const labels = series.map(({ label }) => label).join();
    if (labels !== this.labels) this.begin(series);
    this.labels = labels;
    this.draw();
  }

  begin(series) {
    this.uplot?.destroy();
    this.legend.replaceChildren(...series.map(({ label, tone }) => {
      const [item, mark, value] = ["li", "i", "b"].map((name) => document.createElement(name));
      item.className = tone ?? "";
      item.append(mark, label, " ", value);
      return item;
    }));
    this.marks = [...this.legend.querySelectorAll("i")];
    this.uplot = series.length ? new uPlot(this.options(series), this.data(), this.plot) : null;
  }

  draw() {
    if (!this.uplot) return;
    this.uplot.setData(this.data());
    this.tell();
    const { title } = this.figure.dataset;
    const said = this.past.series.map(({ label, values, limit }) =>
      `${label} ${this.now(values)}, at most ${this.kind.says(Math.max(...known(values)))}${this.limit(limit)}`);
    this.plot.setAttribute("aria-label", `${title}: ${said.join("; ")}`);
  }

  data() {
    const { start, step, length, series } = this.past;
    const times = Array.from({ length }, (_, at) => start + at * step);
    return [times, ...series.map(({ values }) => values)];
  }

  // The last value, unless it is long ago.
  now(values) {
    const value = known(values.slice(-1 - Math.ceil(90 / this.past.step))).at(-1);
    return value === undefined ? "none now" : this.kind.says(value);
  }

  limit(limit) {
    return limit ? ` of ${this.kind.says(limit)}` : "";
  }

  // The legend has what is under the pointer, else the latest values.
  tell() {
    const at = this.uplot.cursor.idx;
    this.past.series.forEach(({ values, limit }, index) => {
      const value = values[at];
      const said = at == null ? this.now(values) : value == null ? "–" : this.kind.says(value);
      this.legend.children[index].lastChild.textContent = `${said}${this.limit(limit)}`;
    });
    this.words ??= this.about.textContent;
    const moment = at == null ? null : new Date(this.uplot.data[0][at] * 1000);
    this.about.textContent = moment ? clock.format(moment) : this.words;
  }

  colour(index) {
    return getComputedStyle(this.marks[index]).color;
  }

  options(series) {
    const style = (name) => getComputedStyle(this.plot).getPropertyValue(name);
    const soft = () => style("color");
    const line = () => style("border-color");
    const font = `12px ${style("font-family")}`;
    const axis = { stroke: soft, font, ticks: { show: false }, border: { show: false } };
    return {
      width: this.plot.clientWidth,
      height: HEIGHT,
      padding: [10, 6, 0, 0],
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, sync: { key: "figures" }, points: { size: 7 } },
      scales: {
        x: { range: (_, from, to) => [from, to] },
        y: { range: () => [0, top(this.past.series, this.kind.least)] },
      },
      axes: [
        { ...axis, grid: { show: false }, space: 70, size: 24, values: [
          [3600, "{HH}:{mm}"], [60, "{HH}:{mm}"], [1, "{HH}:{mm}:{ss}"],
        ].map(([step, text]) => [step, text, null, null, null, null, null, null, 1]) },
        { ...axis, grid: { stroke: line, width: 1 }, space: 30, incrs: this.kind.steps,
          size: (_, values) => 14 + 7 * Math.max(0, ...(values ?? []).map((text) => text.length)),
          values: (_, ticks) => ticks.map((tick) => (tick ? this.kind.says(tick) : "0")) },
      ],
      series: [{}, ...series.map((_, index) => ({
        stroke: () => this.colour(index),
        fill: () => `color-mix(in srgb, ${this.colour(index)} ${series.length > 1 ? 6 : 12}%, transparent)`,
        width: 1.75,
        points: { show: false, size: 5, filter: alone },
      }))],
      hooks: { setCursor: [() => this.tell()], draw: [(plot) => this.drawLimits(plot)] },
    };
  }

  drawLimits({ ctx, bbox, scales, valToPos }) {
    this.past.series.forEach(({ limit }, index) => {
      if (!limit || limit > scales.y.max) return;
      const height = Math.round(valToPos(limit, "y", true)) + 0.5;
      ctx.save();
      ctx.strokeStyle = ctx.fillStyle = this.colour(index);
      ctx.lineWidth = devicePixelRatio;
      ctx.setLineDash([6, 4].map((length) => length * devicePixelRatio));
      ctx.beginPath();
      ctx.moveTo(bbox.left, height);
      ctx.lineTo(bbox.left + bbox.width, height);
      ctx.stroke();
      ctx.restore();
    });
  }

  fit() {
    const width = this.plot.clientWidth;
    if (this.uplot && width && width !== this.uplot.width) this.uplot.setSize({ width, height: HEIGHT });
  }
}

class Figures {
  constructor(section) {
    this.section = section;
    this.lost = section.querySelector("[data-lost]");
    this.charts = [...section.querySelectorAll("[data-chart]")].map((figure) => new Chart(figure));
  }

  async ask() {
    const address = new URL(this.section.dataset.figures, location.href);
    if (this.since) address.searchParams.set("since", this.since);
    const answer = await fetch(address, { headers: { accept: "application/json" } });
    const { ok } = answer;
    // What stands in between, as the router does, answers no JSON.
    const document = await answer.json().catch(() => { throw new TypeError(); });
    if (!ok) throw new Error(document.title);
    return document;
  }

  take(document) {
    const start = Date.parse(document.start) / 1000;
    const answer = { ...document, start };
    this.since = start + (document.count - 1) * document.step - LATE;
    for (const chart of this.charts) chart.take(answer);
    return PAUSE[document.range];
  }

  async run() {
    let pause = PAUSE.hour;
    while (this.section.isConnected) {
      try {
        pause = this.take(await this.ask());
        this.tell("");
      } catch (error) {
        const found = error instanceof TypeError ? "The server did not answer." : error.message;
        this.tell(`${found} The charts go on when it does.`);
      }
      await new Promise((resolve) => { setTimeout(resolve, pause); });
    }
  }

  tell(words) {
    this.lost.hidden = !words;
    this.section.classList.toggle("lost", Boolean(words));
    if (this.lost.textContent !== words) this.lost.textContent = words;
  }

  redraw() {
    for (const chart of this.charts) chart.uplot?.redraw();
  }
}

const drawn = new WeakMap();

function drawAll() {
  for (const section of document.querySelectorAll("[data-figures]")) {
    if (drawn.has(section)) continue;
    drawn.set(section, new Figures(section));
    drawn.get(section).run();
  }
}

function redrawAll() {
  for (const section of document.querySelectorAll("[data-figures]")) drawn.get(section)?.redraw();
}

await document.fonts.ready;
drawAll();
document.addEventListener("htmx:after:swap", drawAll);
document.addEventListener("portico:theme", redrawAll);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redrawAll);
