// A tap that did not get through stays where it is, says so, and can be sent again: the form keeps
// its id, so that nobody is counted twice. Without this script the browser shows its own error.
const troubles = ["htmx:sendError", "htmx:responseError", "htmx:timeout"];

document.addEventListener("htmx:beforeRequest", (event) => {
  const form = event.target.closest(".tap");
  if (!form) return;
  form.querySelector(".tap__failed").hidden = true;
  for (const trouble of troubles) form.addEventListener(trouble, sayItFailed);
  event.detail.target.addEventListener("htmx:beforeSwap", swapWhatIsThere);
});

// Of two quick taps, the first one's answer replaces the page with the second one's form in it. So
// these listen at the form and at the page that was there: neither is in the document any more.
function sayItFailed(event) {
  const form = event.currentTarget;
  if (!form.isConnected) {
    document.getElementById("door").prepend(form);
    htmx.process(form);
  }
  form.querySelector(".tap__failed").hidden = false;
}

function swapWhatIsThere(event) {
  if (event.target === event.currentTarget && !event.target.isConnected) {
    event.detail.target = document.getElementById("door");
  }
}
