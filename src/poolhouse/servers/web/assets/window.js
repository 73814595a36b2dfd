// The small window that saves a page closes itself: after "Saved", and on Cancel and Escape.
const isPopup = Boolean(window.opener);
const close = () => (isPopup ? window.close() : history.back());

document.querySelector("[data-close]")?.addEventListener("click", close);
if (isPopup) {
  addEventListener("keydown", (event) => event.key === "Escape" && window.close());
  if (document.querySelector("[data-done]")) setTimeout(() => window.close(), 1100);
}
