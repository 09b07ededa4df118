// The service worker, from /push-worker.js: shows a push message, and opens the list of notices.
// It keeps nothing and answers no request.

self.addEventListener("push", (event) => {
  const told = event.data ? event.data.json() : {};
  const shown = self.registration.showNotification("Docflow", {
    body: told.say ?? "",
    tag: "notices", // a newer message takes the place of the one before
    renotify: true,
    data: { page: told.page ?? "/notices" },
  });
  event.waitUntil(shown);
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(new URL(event.notification.data.page, self.location.origin).href));
});

async function open(page) {
  const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  for (const one of windows) {
    if (one.url === page && "focus" in one) return one.focus();
  }
  return self.clients.openWindow(page);
}
