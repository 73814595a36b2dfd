// Star, read, archive and delete without loading the page again: shown at once, taken back if the server says no.
const rows = document.getElementById("rows") ?? document.getElementById("item");
const said = document.getElementById("said");
// what takes a row away, the words for it, and what brings it back
const ways = {
  delete: ["deleted", "restore"],
  archive: ["archived", "unarchive"],
  unarchive: ["unarchived", "archive"],
};
let leaving;

async function post(url, form, submitter) {
  const body = new URLSearchParams(new FormData(form, submitter));
  const headers = { "X-Poolhouse-Quiet": "1", Accept: "text/html" };
  const answer = await fetch(url, { method: "POST", body, headers });
  if (!answer.ok) throw new Error(String(answer.status));
}

function show(toast) {
  clearTimeout(leaving);
  said.replaceChildren(toast);
  leave();
}

function leave() {
  leaving = setTimeout(() => {
    if (said.matches(":hover, :focus-within")) leave();
    else said.replaceChildren();
  }, 12000);
}

function fail() {
  show(document.getElementById("failed").content.cloneNode(true));
}

function toggle(button, isOn) {
  button.setAttribute("aria-pressed", String(isOn));
  button.value = isOn ? "0" : "1";
  if (button.name !== "read") return;
  button.closest(".row")?.classList.toggle("unread", !isOn);
  const use = button.querySelector("use");
  use.setAttribute("href", use.getAttribute("href").replace(/#.*/, isOn ? "#i-circle-check" : "#i-circle"));
}

async function mark(button) {
  const wanted = button.value === "1";
  const answer = post(button.formAction, rows, button);
  toggle(button, wanted);
  await answer.catch(() => {
    toggle(button, !wanted);
    fail();
  });
}

function askUndo(row, [name, reverse]) {
  const toast = document.getElementById("undo").content.cloneNode(true);
  const words = document.getElementById(name).content.textContent;
  toast.querySelector("p").textContent = words.trim() + " " + row.querySelector(".link").textContent;
  const form = toast.querySelector("form");
  form.action = `/items/${row.id.slice("item-".length)}/${reverse}`;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    said.replaceChildren();
    row.classList.remove("gone");
    row.querySelector(".link").focus();
    post(form.action, form).catch(() => {
      row.classList.add("gone");
      fail();
    });
  });
  show(toast);
}

async function take(button, way) {
  const row = button.closest(".row");
  const next = [row.nextElementSibling, row.previousElementSibling].find((each) => each && !each.matches(".gone"));
  const answer = post(button.formAction, rows, button);
  // what is archived stays where else it is: in a search, in another pool
  const leaves = way[0] === "deleted" || "leaves" in rows.dataset;
  row.classList.toggle("gone", leaves);
  if (leaves) next?.querySelector(".link").focus({ preventScroll: true });
  try {
    await answer;
    askUndo(row, way);
  } catch {
    row.classList.remove("gone");
    fail();
  }
}

rows?.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (!button) return;
  const way = ways[button.formAction.split("/").at(-1)];
  if (!way && !button.formAction.endsWith("/mark")) return;
  event.preventDefault();
  if (way) take(button, way);
  else mark(button);
});

if (said?.childElementCount) leave();

// a menu closes when one turns to something else
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});
