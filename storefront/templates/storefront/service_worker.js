// Shows a page of our own while there is no connection; keeps nothing else.
const CACHE = "offline-{{ version }}";
const PAGES = {{ pages|safe }};
const FILES = {{ files|safe }};

self.addEventListener("install", (event) => {
  const all = [...Object.values(PAGES), ...FILES].map(
    (address) => new Request(address, { cache: "reload", credentials: "omit" }),
  );
  event.waitUntil(
    caches
      .open(CACHE)
      .then((cache) => cache.addAll(all))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) =>
        Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name))),
      ),
  );
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return;
  if (request.mode === "navigate") {
    const language = Object.keys(PAGES).find((code) => pathname.startsWith(`/${code}/`));
    const page = PAGES[language ?? Object.keys(PAGES)[0]];
    event.respondWith(fetch(request).catch(() => caches.match(page)));
  } else if (FILES.includes(pathname)) {
    event.respondWith(fetch(request).catch(() => caches.match(request)));
  }
});
