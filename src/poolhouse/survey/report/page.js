// Draws the charts of the page, and again when it becomes light or dark; tells them which mechanisms are chosen.
const told = JSON.parse(document.getElementById("told").textContent);
const dark = matchMedia("(prefers-color-scheme: dark)");
const views = new Map();

function isDark() {
  return (document.documentElement.dataset.look ?? (dark.matches ? "dark" : "light")) === "dark";
}

function config() {
  const [ink, soft, rule] = isDark() ? ["#e6e9ec", "#a4adb6", "#2b3137"] : ["#1d2126", "#59626d", "#e7eaed"];
  const axis = { labelColor: soft, titleColor: ink, gridColor: rule, domainColor: rule, tickColor: rule, titleFontWeight: 500 };
  return {
    background: "transparent", font: "system-ui, sans-serif", view: { stroke: null },
    axis: { ...axis, labelFontSize: 11, titleFontSize: 12 }, title: { color: ink }, legend: { labelColor: ink, titleColor: soft },
  };
}

function chosen() {
  return [...document.querySelectorAll("#mechanisms input:checked")].map((box) => box.value);
}

async function draw() {
  const faint = isDark() ? "#4a525a" : "#ccd1d6";
  for (const [name, spec] of Object.entries(told.charts)) {
    const place = document.querySelector(`#chart-${name}`);
    const signals = { chosen: chosen(), faint };
    const params = spec.params.map((each) => (each.name in signals ? { ...each, value: signals[each.name] } : each));
    views.get(name)?.finalize();
    const made = await vegaEmbed(place, { ...spec, params }, {
      mode: "vega-lite", renderer: "svg", actions: false, config: config(), tooltip: { theme: "custom" },
    });
    views.set(name, made);
  }
  document.documentElement.dataset.drawn = isDark() ? "dark" : "light";
}

// one drawing after the other: a second one that begins meanwhile would draw into the same places
let drawing = draw();
const again = () => { drawing = drawing.then(draw); };

document.getElementById("mechanisms").addEventListener("change", () => {
  for (const made of views.values()) made.view.signal("chosen", chosen()).runAsync();
});
document.getElementById("look").addEventListener("click", () => {
  document.documentElement.dataset.look = isDark() ? "light" : "dark";
  again();
});
dark.addEventListener("change", again);
