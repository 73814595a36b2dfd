// The text in its frame follows the colours chosen in the account: told by the fragment, since no script runs there.
const frame = document.querySelector("iframe.text");
const theme = document.documentElement.dataset.theme;
if (frame && theme) frame.src += `#poolhouse-${theme}`;
