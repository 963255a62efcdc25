// What all line charts of monitoring share: Unfold's colours as they are now, and how a value looks.
window.MonitorLines = (function () {
  "use strict";

  // `pick` takes the name of a colour in the light and in the dark.
  function theme() {
    const style = getComputedStyle(document.documentElement);
    const isDark = document.documentElement.classList.contains("dark");
    const pick = (light, dark) => style.getPropertyValue(isDark ? dark : light).trim();
    return { isDark, pick, text: pick("--color-base-600", "--color-base-300"), grid: pick("--color-base-200", "--color-base-800") };
  }

  function faded(colour, share) {
    return "color-mix(in srgb, " + colour + " " + 100 * share + "%, transparent)";
  }

  // A value between two gaps is seen as a point.
  function pointRadius(context) {
    const values = context.dataset.data;
    const place = context.dataIndex;
    const isAlone = (values[place - 1] ?? null) === null && (values[place + 1] ?? null) === null;
    return isAlone ? 2.5 : 0;
  }

  function round(value) {
    return Math.abs(value) >= 1000 ? Math.round(value).toLocaleString("en") : String(Number(value.toPrecision(3)));
  }

  return { theme, faded, pointRadius, round };
})();
