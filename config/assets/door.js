// A tap that did not get through stays where it is, says so, and can be sent again: the form keeps
// its id, so that nobody is counted twice. Without this script the browser shows its own error.
for (const trouble of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
  document.addEventListener(trouble, (event) => {
    const words = event.target.closest(".tap")?.querySelector(".tap__failed");
    if (words) words.hidden = false;
  });
}
document.addEventListener("htmx:beforeRequest", (event) => {
  const words = event.target.closest(".tap")?.querySelector(".tap__failed");
  if (words) words.hidden = true;
});
