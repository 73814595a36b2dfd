// A message that was opened is read: said by the script, since no address that is only looked at changes anything.
document.querySelector("[data-opened]")?.click();
