// Buttons that copy what stands beside them.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
  } catch {
    // over plain http browsers have no clipboard for pages: mark the text instead, so that Ctrl+C copies it
    const field = button.parentElement.querySelector("textarea");
    if (field) field.select();
    else getSelection().selectAllChildren(button.parentElement.querySelector("code"));
    return;
  }
  button.classList.add("first");
  setTimeout(() => button.classList.remove("first"), 1200);
});
