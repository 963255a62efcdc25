// The charts of a report, by the Chart.js that Unfold serves on every page. Colours are Unfold's, read
// anew when the theme changes and before the page is printed.
(function () {
  "use strict";

  const DASHES = [[], [6, 4], [2, 3], [10, 4, 2, 4]];
  const POINTS = ["circle", "rect", "triangle", "rectRot"];
  const charts = [];

  function palette(isPaper) {
    const style = getComputedStyle(document.documentElement);
    const read = (name) => style.getPropertyValue(name).trim();
    const isDark = !isPaper && document.documentElement.classList.contains("dark");
    return {
      text: isPaper ? "#000" : read(isDark ? "--color-base-300" : "--color-base-600"),
      grid: isPaper ? "#ccc" : read(isDark ? "--color-base-700" : "--color-base-200"),
      zero: isPaper ? "#000" : read(isDark ? "--color-base-300" : "--color-base-500"),
      series: [read(isDark ? "--color-primary-400" : "--color-primary-600"), "#d97706", "#0d9488", "#a855f7", "#dc2626", "#64748b"],
    };
  }

  function faded(colour, share) {
    return "color-mix(in srgb, " + colour + " " + 100 * share + "%, transparent)";
  }

  // Of each series a line with its points, and, where it has an interval, its two ends with the space between;
  // of a limit the line alone.
  function effectSets(data, colours) {
    return data.series.flatMap((series, place) => {
      const colour = colours.series[place % colours.series.length];
      if (series.isLimit) {
        return [{ label: series.name, data: series.effect, borderColor: colours.zero, borderWidth: 1.5, borderDash: [8, 4], pointRadius: 0, pointStyle: "line" }];
      }
      const end = { borderWidth: 1, borderColor: faded(colour, 0.5), pointRadius: 0, isEnd: true, spanGaps: false };
      return [
        {
          label: series.name, data: series.effect, borderColor: colour, backgroundColor: colour, borderWidth: 2,
          borderDash: DASHES[place % DASHES.length], pointStyle: POINTS[place % POINTS.length], pointRadius: 3,
          low: series.low, high: series.high,
        },
        ...(series.low ? [
        { ...end, label: series.name + ", upper end", data: series.high },
        { ...end, label: series.name + ", lower end", data: series.low, fill: "-1", backgroundColor: faded(colour, 0.15) },
        ] : []),
      ];
    });
  }

  // The interval at each analysis, seen even where there is one alone.
  const whiskers = {
    id: "whiskers",
    afterDatasetsDraw(chart) {
      chart.data.datasets.forEach((set, place) => {
        if (!set.low || !chart.isDatasetVisible(place)) return;
        const context = chart.ctx;
        context.save();
        context.strokeStyle = set.borderColor;
        context.lineWidth = 1.5;
        chart.getDatasetMeta(place).data.forEach((point, index) => {
          if (set.low[index] === null || set.high[index] === null) return;
          const top = chart.scales.y.getPixelForValue(set.high[index]);
          const bottom = chart.scales.y.getPixelForValue(set.low[index]);
          context.beginPath();
          context.moveTo(point.x, top);
          context.lineTo(point.x, bottom);
          for (const end of [top, bottom]) {
            context.moveTo(point.x - 4, end);
            context.lineTo(point.x + 4, end);
          }
          context.stroke();
        });
        context.restore();
      });
    },
  };

  function barSets(data, colours) {
    return data.series.map((series, place) => {
      const colour = colours.series[place % colours.series.length];
      return {
        label: series.name, data: series.values, borderColor: colour, borderWidth: 2, categoryPercentage: 0.6,
        backgroundColor: faded(colour, place % 2 ? 0.25 : 0.75),
      };
    });
  }

  function said(context, unit) {
    const set = context.dataset;
    const round = (value) => Number(value.toPrecision(3));
    const found = context.chart.options.indexAxis === "y" ? context.parsed.x : context.parsed.y;
    const value = set.label + ": " + round(found) + " " + unit;
    if (!set.low) return value;
    return value + " (" + round(set.low[context.dataIndex]) + " to " + round(set.high[context.dataIndex]) + ")";
  }

  function options(data, colours) {
    const isEffect = data.kind === "effect";
    const places = { offset: true, ticks: { color: colours.text, maxRotation: 0, autoSkipPadding: 12 }, grid: { display: false } };
    const values = {
      beginAtZero: data.isFromZero !== false,
      title: { display: data.unit !== "", text: data.unit, color: colours.text },
      ticks: { color: colours.text },
      grid: { color: (context) => (context.tick.value === 0 ? colours.zero : colours.grid) },
    };
    return {
      animation: false,
      maintainAspectRatio: false,
      interaction: { mode: "index", intersect: false },
      plugins: {
        legend: {
          position: "bottom",
          labels: { color: colours.text, usePointStyle: isEffect, boxHeight: isEffect ? 7 : 10, padding: 14, filter: (item, all) => !all.datasets[item.datasetIndex].isEnd },
        },
        tooltip: {
          filter: (item) => !item.dataset.isEnd,
          callbacks: { label: (context) => said(context, data.unit) },
        },
      },
      indexAxis: data.isSideways ? "y" : "x",
      scales: data.isSideways ? { x: values, y: { ...places, ticks: { ...places.ticks, autoSkip: false, callback: shortened } } } : { x: places, y: values },
    };
  }

  /* Of a name beside a bar: on a phone's width the beginning says more than the end. */
  function shortened(value) {
    const name = this.getLabelForValue(value);
    return this.chart.width < 480 && name.length > 20 ? `${name.slice(0, 19)}…` : name;
  }

  function draw(isPaper) {
    const colours = palette(isPaper);
    Chart.defaults.font.family = "Inter";
    while (charts.length) charts.pop().destroy();
    for (const canvas of document.querySelectorAll("canvas[data-chart]")) {
      const data = JSON.parse(document.getElementById(canvas.dataset.chart).textContent);
      const isEffect = data.kind === "effect";
      const datasets = isEffect ? effectSets(data, colours) : barSets(data, colours);
      charts.push(
        new Chart(canvas, {
          type: isEffect ? "line" : "bar",
          data: { labels: data.labels, datasets },
          options: options(data, colours),
          plugins: isEffect ? [whiskers] : [],
        })
      );
    }
  }

  draw(false);
  new MutationObserver(() => draw(false)).observe(document.documentElement, { attributeFilter: ["class"] });
  window.addEventListener("beforeprint", () => draw(true));
  window.addEventListener("afterprint", () => draw(false));
  for (const button of document.querySelectorAll('button[name="print"]')) {
    button.addEventListener("click", () => window.print());
  }
})();
