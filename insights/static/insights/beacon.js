// Reports what a visitor saw and clicked on this page, in few messages.
//
//   <body data-page="9f…0" data-page-kind="product" data-followed>
//                       the id of the page; nothing is sent without the last, which stands there
//                       for visitors who allow statistics
//   <main data-view-product="17" data-query="cup" data-results="3">
//                       what the page is about: a view of product 17, a search that found 3
//   <article data-product="23" data-placement="product.similar" data-position="1"
//            data-source="recommendations.similar_products:4" data-arm="similar:b">
//                       counts an impression once half of it was seen, and clicks on it
//   <script type="module" src="{% static 'insights/beacon.js' %}"
//           data-endpoint="{% url 'insights:interaction-list' %}"></script>
//
// The shop counts a view by itself, too, under the id of the page, whose last digit is 0 for the
// view and 1 for the search: sent twice, it is stored once.

const ENDPOINT =
  document.querySelector("script[data-endpoint]")?.dataset.endpoint ?? "/api/interactions/";
const MOST_EVENTS = 50;
const CARDS = "[data-product][data-placement]";
const FROM_CARD = ["placement", "source", "arm"];
const { page, pageKind } = document.body.dataset;
const waiting = [];
const seen = new WeakSet();

function randomId() {
  // `randomUUID` exists on secure origins and localhost alone.
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function remember(kind, element, id = randomId()) {
  const { dataset } = element;
  const event = { id, kind, at: Date.now() };
  const product = Number(dataset.product ?? dataset.viewProduct);
  if (product) event.product = product;
  for (const name of FROM_CARD) if (dataset[name]) event[name] = dataset[name];
  if (dataset.position) event.position = Number(dataset.position);
  if (kind === "search") {
    event.query = dataset.query;
    event.results = Number(dataset.results);
  }
  waiting.push(event);
  if (waiting.length >= MOST_EVENTS) send();
}

function send() {
  while (waiting.length) {
    const message = {
      page: { kind: pageKind, referrer: document.referrer, query: location.search.slice(0, 2000) },
      sent: Date.now(),
      events: waiting.splice(0, MOST_EVENTS),
    };
    fetch(ENDPOINT, {
      method: "POST",
      keepalive: true,
      headers: {
        "Content-Type": "application/json",
        "Accept-Language": document.documentElement.lang,
      },
      body: JSON.stringify(message),
    }).catch(() => {});
  }
}

const watcher = new IntersectionObserver(
  (entries) => {
    for (const entry of entries.filter((each) => each.isIntersecting)) {
      remember("impression", entry.target);
      watcher.unobserve(entry.target);
    }
  },
  { threshold: 0.5 },
);

function watch(root) {
  for (const card of root.querySelectorAll(CARDS)) {
    if (seen.has(card)) continue;
    seen.add(card);
    watcher.observe(card);
  }
}

function begin() {
  const main = document.querySelector("main");
  if (page && main) remember("view", main, page);
  if (page && main?.dataset.query) remember("search", main, `${page.slice(0, -1)}1`);
  watch(document);
  document.addEventListener("click", (event) => {
    const card = event.target.closest?.(CARDS);
    if (card && event.target.closest("a, button")) remember("click", card);
  });
  // Rows that come later, and lists that are filtered.
  document.addEventListener("htmx:load", (event) => watch(event.detail.elt.parentElement ?? document));
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") send();
  });
  window.addEventListener("pagehide", send);
}

if (navigator.globalPrivacyControl !== true) {
  if ("followed" in document.body.dataset) begin();
  else document.addEventListener("consent-given", begin, { once: true });
}

// The bar is gone after an answer; who uses the keyboard goes on with the page.
for (const answer of ["consent-given", "consent-refused"]) {
  document.addEventListener(answer, () => document.querySelector("main")?.focus({ preventScroll: true }));
}
