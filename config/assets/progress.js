// While mail goes out: fetch this page again every few seconds, and put its #progress in the place
// of the old one. Without this script the page has a link that does the same by hand.
const PAUSE = 5000;

async function renew() {
  const shown = document.getElementById("progress");
  // Nobody watches, or somebody is about to press a button here: leave it as it is.
  const busy = document.hidden || shown.contains(document.activeElement);
  if (!busy) {
    try {
      const answer = await fetch(location.href, { credentials: "same-origin" });
      if (answer.ok && !answer.redirected) {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const now = page.getElementById("progress");
        if (now) shown.replaceWith(document.adoptNode(now));
      }
    } catch {
      // The line is down: the next round tries again.
    }
  }
  const current = document.getElementById("progress");
  if (current?.hasAttribute("data-progress")) setTimeout(renew, PAUSE);
}

setTimeout(renew, PAUSE);
