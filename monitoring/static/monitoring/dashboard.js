// The charts of monitoring, by the Chart.js that Unfold serves on every page, and the refreshing of a page.
// Colours are Unfold's, read anew when the theme changes.
(function () {
  "use strict";

  const { theme, faded, pointRadius, round } = window.MonitorLines;
  const DASHES = [[], [6, 3], [2, 3], [10, 4, 2, 4], [12, 4], [4, 8]];
  const charts = [];
  const live = () => document.getElementById("monitor-live");

  function palette() {
    const { isDark, pick, text, grid } = theme();
    return {
      text,
      grid,
      past: pick("--color-base-400", "--color-base-500"),
      mark: pick("--color-base-700", "--color-base-200"),
      lines: [
        pick("--color-primary-600", "--color-primary-400"),
        ...(isDark
          ? ["#fbbf24", "#2dd4bf", "#c084fc", "#f472b6", "#a3e635"]
          : ["#b45309", "#0d9488", "#9333ea", "#db2777", "#4d7c0f"]),
      ],
    };
  }

  function sets(data, colours) {
    const now = data.lines.filter((line) => !line.isPast);
    return data.lines.map((line) => {
      const place = now.indexOf(line);
      const colour = line.isPast ? colours.past : colours.lines[place % colours.lines.length];
      return {
        label: line.name,
        data: line.values,
        borderColor: colour,
        backgroundColor: data.isStacked ? faded(colour, 0.45) : colour,
        borderWidth: line.isPast ? 1.25 : 2,
        borderDash: line.isPast ? [3, 3] : data.isStacked ? [] : DASHES[place % DASHES.length],
        fill: data.isStacked && !line.isPast ? "stack" : false,
        pointRadius,
        pointHitRadius: 8,
        spanGaps: false,
        // A point on the edge is seen whole.
        clip: 5,
        order: line.isPast ? 1 : 0,
      };
    });
  }

  // Where something happened: a line from top to bottom.
  function marks(data, colours) {
    return {
      id: "marks",
      afterDatasetsDraw(chart) {
        const { ctx, chartArea, scales } = chart;
        ctx.save();
        ctx.strokeStyle = colours.mark;
        ctx.setLineDash([4, 3]);
        ctx.lineWidth = 1.25;
        for (const mark of data.marks) {
          const x = scales.x.getPixelForValue(mark.slot);
          ctx.beginPath();
          ctx.moveTo(x, chartArea.top);
          ctx.lineTo(x, chartArea.bottom);
          ctx.stroke();
        }
        ctx.restore();
      },
    };
  }

  function options(data, colours) {
    const isWhole = data.lines.every((line) => line.values.every((value) => value === null || Number.isInteger(value)));
    const happened = (slot) => data.marks.filter((mark) => mark.slot === slot).map((mark) => mark.text);
    return {
      animation: false,
      maintainAspectRatio: false,
      interaction: { mode: "index", intersect: false },
      plugins: {
        legend: {
          display: data.lines.length > 1,
          position: "bottom",
          labels: {
            color: colours.text, usePointStyle: true, pointStyle: "line", pointStyleWidth: 28, padding: 12,
            generateLabels: (chart) =>
              Chart.defaults.plugins.legend.labels
                .generateLabels(chart)
                .map((item) => ({ ...item, lineDash: chart.data.datasets[item.datasetIndex].borderDash })),
          },
        },
        tooltip: {
          callbacks: {
            title: (items) => (items.length ? data.labels[items[0].dataIndex] : ""),
            label: (context) => (context.dataset.label + ": " + round(context.parsed.y) + " " + data.unit).trim(),
            footer: (items) => (items.length ? happened(items[0].dataIndex) : []),
          },
        },
      },
      scales: {
        x: {
          afterBuildTicks: (axis) => {
            axis.ticks = axis.ticks.filter((tick) => data.ticks[tick.value]);
          },
          ticks: {
            color: colours.text, maxRotation: 0, autoSkip: true, autoSkipPadding: 24,
            callback: (value) => data.ticks[value],
          },
          grid: { display: false },
        },
        y: {
          beginAtZero: true,
          stacked: data.isStacked,
          max: data.isStacked && data.unit === "%" ? 100 : undefined,
          title: { display: data.unit !== "", text: data.unit, color: colours.text },
          ticks: { color: colours.text, maxTicksLimit: 6, precision: isWhole ? 0 : undefined },
          grid: { color: colours.grid },
        },
      },
    };
  }

  const dataOf = (key) => JSON.parse(document.getElementById(key).textContent);

  function draw() {
    const colours = palette();
    Chart.defaults.font.family = "Inter";
    while (charts.length) charts.pop().destroy();
    for (const canvas of document.querySelectorAll("canvas[data-chart]")) {
      const data = dataOf(canvas.dataset.chart);
      charts.push(
        new Chart(canvas, {
          type: "line",
          data: { labels: data.labels, datasets: sets(data, colours) },
          options: options(data, colours),
          plugins: [marks(data, colours)],
        })
      );
    }
  }

  // The table of a chart is made when it is asked for: it has as many rows as the chart has slots.
  function tell(details) {
    const place = details.querySelector("[data-numbers]");
    if (!details.open || !place || place.firstChild) return;
    const data = dataOf(place.dataset.numbers);
    const table = document.createElement("table");
    table.className = "plain-table";
    const row = (parent, cells, head) => {
      const made = parent.appendChild(document.createElement("tr"));
      cells.forEach((text, column) => {
        const cell = made.appendChild(document.createElement(head || !column ? "th" : "td"));
        cell.scope = head ? "col" : !column ? "row" : "";
        if (!cell.scope) cell.removeAttribute("scope");
        cell.textContent = text;
      });
    };
    const unit = data.unit ? " (" + data.unit + ")" : "";
    row(table.createTHead(), ["From", ...data.lines.map((line) => line.name + unit)], true);
    const body = table.createTBody();
    for (let slot = data.labels.length - 1; slot >= 0; slot--) {
      const values = data.lines.map((line) => (line.values[slot] === null ? "not known" : round(line.values[slot])));
      row(body, [data.labels[slot], ...values], false);
    }
    place.append(table);
  }

  function settle() {
    for (const details of document.querySelectorAll(".monitor-chart details")) {
      details.addEventListener("toggle", () => tell(details));
      tell(details);
    }
    draw();
  }

  // What had the focus has it again: the same link, or the same chart's numbers.
  function focused() {
    const element = document.activeElement;
    if (!live().contains(element)) return null;
    const all = [...live().querySelectorAll("a, summary, [tabindex]")];
    return all.indexOf(element);
  }

  function replace(page) {
    const fresh = page.getElementById("monitor-live");
    if (!fresh) return false;
    const open = [...live().querySelectorAll("details[open]")].map((details) => details.id);
    const scrolled = [...live().querySelectorAll("[data-numbers]")].map((each) => [each.dataset.numbers, each.scrollTop]);
    const place = focused();
    live().replaceWith(document.adoptNode(fresh));
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    settle();
    for (const [key, top] of scrolled) {
      const numbers = document.querySelector('[data-numbers="' + key + '"]');
      if (numbers) numbers.scrollTop = top;
    }
    if (place !== null) {
      live().querySelectorAll("a, summary, [tabindex]")[place]?.focus({ preventScroll: true });
    }
    return true;
  }

  async function refresh() {
    if (document.hidden) return;
    const said = document.getElementById("monitor-said");
    try {
      const response = await fetch(window.location.href, { headers: { Accept: "text/html" } });
      if (!response.ok || response.redirected) throw new Error(response.statusText);
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      if (replace(page)) said.textContent = "Refreshed at " + live().dataset.madeAt + ".";
    } catch (error) {
      said.textContent = "It could not be refreshed. It will be tried again.";
    }
  }

  settle();
  new MutationObserver(draw).observe(document.documentElement, { attributeFilter: ["class"] });
  const seconds = Number(live().dataset.refresh);
  if (seconds) window.setInterval(refresh, 1000 * seconds);
})();
