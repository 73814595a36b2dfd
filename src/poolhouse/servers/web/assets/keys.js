// Single keys do things, except in fields and where the account says no.
const sheet = document.getElementById("keys");
const at = (icon) => `.side a[href^='/pools/']:has(use[href$='#i-${icon}'])`;
const places = { b: "/", i: at("inbox"), a: at("archive"), l: at("alarm-clock"), t: "/tags", x: "/trash", p: "/pools", j: "/jobs" };
let isGoing = false;

const all = () => [...document.querySelectorAll("#rows .row:not(.gone)")];
const current = () => document.activeElement?.closest?.(".row") ?? document.querySelector(".row.here:not(.gone), .item");

function select(row) {
  if (!row) return;
  document.querySelector(".row.here")?.classList.remove("here");
  row.classList.add("here");
  row.querySelector(".link").focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}

function step(by) {
  const rows = all();
  const at = rows.indexOf(current());
  select(rows[at < 0 ? 0 : Math.min(Math.max(at + by, 0), rows.length - 1)]);
}

function press(what) {
  current()?.querySelector(what)?.click();
}

function go(to) {
  if (!to) return;
  if (to.startsWith("/")) location.assign(to);
  else document.querySelector(to)?.click();
}

const actions = {
  j: () => step(1),
  k: () => step(-1),
  o: () => {
    const link = current()?.querySelector(".link");
    if (link?.closest(".mail")) link.click();
    else if (link?.href) window.open(link.href, "_blank", "noopener,noreferrer");
  },
  r: () => press("a.page, a.as-it-was, a.reply"),
  s: () => press(".star"),
  m: () => press(".seen"),
  e: () => press(current()?.matches(".mail") ? ".archive" : "a.tool"),
  l: () => press(".later"),
  "#": () => press(".drop"),
  Delete: () => press(".drop"),
  u: () => document.querySelector("[data-undo]")?.click(),
  n: () => go("/save"),
  "/": () => {
    const field = document.getElementById("find");
    field.focus();
    field.select();
  },
  "?": () => sheet.showModal(),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || sheet.open) return;
  if (event.target.closest("input, textarea, select, [contenteditable]")) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (localStorage.getItem("poolhouse-keys") === "off") return;
  if (isGoing) {
    isGoing = false;
    go(places[event.key]);
    return;
  }
  if (event.key === "g") {
    isGoing = true;
    setTimeout(() => (isGoing = false), 1500);
    return;
  }
  const action = actions[event.key];
  if (!action) return;
  event.preventDefault();
  action();
});
