// Charts of a measure with its thresholds, by the Chart.js that Unfold serves on every page. Colours are
// Unfold's, read anew when the theme changes.
(function () {
  "use strict";

  const { theme, faded, pointRadius, round } = window.MonitorLines;
  const charts = [];

  function palette() {
    const { isDark, pick, text, grid } = theme();
    return {
      text,
      grid,
      value: pick("--color-primary-600", "--color-primary-400"),
      warning: isDark ? "#fb923c" : "#c2410c",
      critical: isDark ? "#f87171" : "#b91c1c",
      pending: isDark ? "#60a5fa" : "#2563eb",
    };
  }

  // The alert's own time, behind the lines.
  function bands(data, colours) {
    return {
      id: "bands",
      beforeDatasetsDraw(chart) {
        const { ctx, chartArea, scales } = chart;
        const half = data.labels.length > 1 ? (scales.x.getPixelForValue(1) - scales.x.getPixelForValue(0)) / 2 : 4;
        ctx.save();
        for (const band of data.bands) {
          const left = Math.max(scales.x.getPixelForValue(band.first) - half, chartArea.left);
          const right = Math.min(scales.x.getPixelForValue(band.last) + half, chartArea.right);
          ctx.fillStyle = faded(colours[band.kind], 0.18);
          ctx.fillRect(left, chartArea.top, Math.max(right - left, 3), chartArea.bottom - chartArea.top);
        }
        ctx.restore();
      },
    };
  }

  function sets(data, colours) {
    const line = { borderWidth: 2, pointRadius, pointHitRadius: 8, spanGaps: false, clip: 5 };
    const found = [{ ...line, label: data.name, data: data.values, borderColor: colours.value, backgroundColor: colours.value }];
    for (const [name, dash] of [["warning", [6, 4]], ["critical", [2, 3]]]) {
      if (data[name].every((value) => value === null)) continue;
      found.push({
        ...line, label: name[0].toUpperCase() + name.slice(1), data: data[name], borderColor: colours[name],
        backgroundColor: colours[name], borderDash: dash, borderWidth: 1.5,
      });
    }
    return found;
  }

  function options(data, colours) {
    return {
      animation: false,
      maintainAspectRatio: false,
      interaction: { mode: "index", intersect: false },
      plugins: {
        legend: { position: "bottom", labels: { color: colours.text, boxWidth: 24, boxHeight: 0, padding: 12 } },
        tooltip: {
          callbacks: { label: (context) => (context.dataset.label + ": " + round(context.parsed.y) + " " + data.unit).trim() },
        },
      },
      scales: {
        x: { ticks: { color: colours.text, maxRotation: 0, autoSkip: true, autoSkipPadding: 24 }, grid: { display: false } },
        y: {
          beginAtZero: true,
          title: { display: data.unit !== "", text: data.unit, color: colours.text },
          ticks: { color: colours.text, maxTicksLimit: 6 },
          grid: { color: colours.grid },
        },
      },
    };
  }

  function draw() {
    const colours = palette();
    Chart.defaults.font.family = "Inter";
    while (charts.length) charts.pop().destroy();
    for (const canvas of document.querySelectorAll("canvas[data-threshold-chart]")) {
      const data = JSON.parse(document.getElementById(canvas.dataset.thresholdChart).textContent);
      charts.push(
        new Chart(canvas, {
          type: "line",
          data: { labels: data.labels, datasets: sets(data, colours) },
          options: options(data, colours),
          plugins: [bands(data, colours)],
        })
      );
    }
  }

  draw();
  new MutationObserver(draw).observe(document.documentElement, { attributeFilter: ["class"] });
  // A preview comes into the page by htmx.
  document.body.addEventListener("htmx:afterSettle", draw);
})();
