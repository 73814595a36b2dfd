// Exact times in the reader's own time zone, that zone for forms, and the choices of the account this browser keeps.
const now = new Date();
for (const each of document.querySelectorAll("time[datetime]")) {
  const at = new Date(each.dateTime);
  each.title = at.toLocaleString(undefined, { dateStyle: "full", timeStyle: "short" });
  if ("clock" in each.dataset) {
    const recent = now - at < 6 * 86400e3;
    each.textContent = at.toLocaleString(undefined, {
      ...(recent ? { weekday: "long" } : { day: "numeric", month: "long", year: "numeric" }),
      hour: "2-digit",
      minute: "2-digit",
    });
  }
}

for (const each of document.querySelectorAll("[data-zone]")) each.value = -now.getTimezoneOffset();

const theme = document.querySelector("[data-theme-choice]");
if (theme) {
  theme.value = localStorage.getItem("poolhouse-theme") ?? "";
  theme.addEventListener("change", () => {
    localStorage.setItem("poolhouse-theme", theme.value);
    if (theme.value) document.documentElement.dataset.theme = theme.value;
    else delete document.documentElement.dataset.theme;
  });
}

const keys = document.querySelector("[data-keys-choice]");
if (keys) {
  keys.checked = localStorage.getItem("poolhouse-keys") !== "off";
  keys.addEventListener("change", () => localStorage.setItem("poolhouse-keys", keys.checked ? "on" : "off"));
}
