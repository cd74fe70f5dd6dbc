// While a letter is written: send its form as the button "Preview" would, and show what comes back
// below the text. Nothing is saved. Without this script the button does the same.
const PAUSE = 600;

const place = document.querySelector("[data-live-preview]");
const form = place?.closest("form");
let waiting = 0;
let asked = null;

async function show() {
  asked?.abort();
  asked = new AbortController();
  const typed = new FormData(form);
  // Files are not part of what is shown, and big.
  for (const [name, value] of [...typed]) if (value instanceof File) typed.delete(name);
  typed.set("do", "preview");
  try {
    const answer = await fetch(location.href, {
      method: "POST",
      body: typed,
      credentials: "same-origin",
      signal: asked.signal,
    });
    if (!answer.ok || answer.redirected) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const versions = page.querySelector("#preview-part .letter-versions");
    const shown = place.querySelector("[data-versions]");
    shown.replaceChildren(...(versions ? [document.adoptNode(versions)] : []));
    place.hidden = !versions;
  } catch {
    // Another one was asked for meanwhile, or the line is down: the next key tries again.
  }
}

form?.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(show, PAUSE);
});
