// Says that a banner was seen, once, and closes it without loading the page anew.

for (const banner of document.querySelectorAll("[data-banner]")) {
  const token = new URLSearchParams({ token: banner.dataset.banner });
  const seen = new IntersectionObserver(
    (entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      seen.disconnect();
      fetch(banner.dataset.shown, { method: "POST", keepalive: true, body: token }).catch(() => {});
    },
    { threshold: 0.5 },
  );
  seen.observe(banner);

  const form = banner.querySelector("form");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    fetch(form.action, { method: "POST", keepalive: true, body: token }).catch(() => {});
    banner.remove();
    document.querySelector("#main").focus();
  });
}
