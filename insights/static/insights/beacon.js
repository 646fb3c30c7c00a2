// Reports what a visitor saw and clicked on this page, in one message when they leave it.
//
//   <main data-view-product="17">                           counts a view of product 17
//   <article data-product="23" data-placement="product.similar" data-position="1">
//                                                           counts an impression once half of
//                                                           it was seen, and clicks on it
//   <script type="module" src="{% static 'insights/beacon.js' %}"
//           data-endpoint="{% url 'insights:interaction-list' %}"></script>

const ENDPOINT =
  document.querySelector("script[data-endpoint]")?.dataset.endpoint ?? "/api/interactions/";
const MOST_EVENTS = 50;
const waiting = [];

function remember(kind, element) {
  const event = { id: crypto.randomUUID(), kind };
  const product = Number(element.dataset.product ?? element.dataset.viewProduct);
  if (product) event.product = product;
  if (element.dataset.placement) event.placement = element.dataset.placement;
  if (element.dataset.position) event.position = Number(element.dataset.position);
  if (element.dataset.query) event.query = element.dataset.query;
  waiting.push(event);
}

function send() {
  const token = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1];
  while (waiting.length) {
    fetch(ENDPOINT, {
      method: "POST",
      keepalive: true,
      headers: {
        "Content-Type": "application/json",
        "Accept-Language": document.documentElement.lang,
        ...(token ? { "X-CSRFToken": token } : {}),
      },
      body: JSON.stringify({ events: waiting.splice(0, MOST_EVENTS) }),
    }).catch(() => {});
  }
}

// `randomUUID` exists on secure origins and localhost alone; elsewhere nothing is counted.
if (crypto.randomUUID && navigator.globalPrivacyControl !== true) {
  const viewed = document.querySelector("[data-view-product]");
  if (viewed) remember("view", viewed);
  const results = document.querySelector("[data-query]");
  if (results) remember("search", results);

  const watcher = new IntersectionObserver(
    (entries) => {
      for (const entry of entries.filter((each) => each.isIntersecting)) {
        remember("impression", entry.target);
        watcher.unobserve(entry.target);
      }
    },
    { threshold: 0.5 },
  );
  for (const card of document.querySelectorAll("[data-product][data-placement]")) {
    watcher.observe(card);
    card.addEventListener("click", () => remember("click", card));
  }
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") send();
  });
  window.addEventListener("pagehide", send);
}
