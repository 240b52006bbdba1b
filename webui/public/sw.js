// Tells in the reader's own language when the server cannot be reached. Nothing else is kept:
// the page and every answer come from the server each time, so that an update is there at once
// and nobody's words stay behind.
const NAME = "jimae-offline-1";
const KEPT = ["offline.html", "offline.css", "mark.svg"].map(
  (file) => new URL(file, self.registration.scope).href,
);

self.addEventListener("install", (event) => {
  self.skipWaiting();
  event.waitUntil(caches.open(NAME).then((cache) => cache.addAll(KEPT)));
});

self.addEventListener("activate", (event) => {
  const old = (name) => name.startsWith("jimae-") && name !== NAME;
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter(old).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  if (request.mode === "navigate") {
    event.respondWith(fetch(request).catch(() => caches.match(KEPT[0])));
  } else if (KEPT.includes(request.url)) {
    event.respondWith(fetch(request).catch(() => caches.match(request.url)));
  }
});
