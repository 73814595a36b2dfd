// The text in its frame follows the colours chosen in the account: told by the fragment, since no script runs there.
// Told again once it has loaded, because a fragment that comes while it is read finds nothing yet; by `replace`, which
// leaves no step of its own to go back.
const frame = document.querySelector("iframe.text");
const theme = document.documentElement.dataset.theme;
if (frame && theme) {
  const tell = () => frame.contentWindow.location.replace(`${frame.src}#poolhouse-${theme}`);
  frame.addEventListener("load", tell, { once: true });
  tell();
}
