// Before anything is painted: the colours chosen in the account, and that scripts run here.
const theme = localStorage.getItem("poolhouse-theme");
if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
document.documentElement.classList.add("js");
