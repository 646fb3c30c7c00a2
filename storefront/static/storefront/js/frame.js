// What every page does beyond plain HTML.

// htmx sends forms as they are; what it sends by links and buttons needs the token too.
document.addEventListener("htmx:configRequest", (event) => {
  const token = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1];
  if (token) event.detail.headers["X-CSRFToken"] = token;
});

// A menu closes when one clicks beside it or presses Escape.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// A page of our own while there is no connection. Browsers without it, or on plain HTTP, do without.
const { worker, arrived } = document.querySelector("script[data-worker]")?.dataset ?? {};
if (worker) navigator.serviceWorker?.register(worker).catch(() => {});

// Somebody came by a link of a campaign: it is told once, and the address says no more of it.
const here = new URL(location.href);
const came = here.searchParams.get("ct");
if (came !== null) {
  here.searchParams.delete("ct");
  history.replaceState(history.state, "", here);
  if (came && arrived) {
    const body = new URLSearchParams({ token: came });
    fetch(arrived, { method: "POST", keepalive: true, body }).catch(() => {});
  }
}
