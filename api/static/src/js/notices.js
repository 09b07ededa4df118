// The bell: its count follows the server while the page is looked at. And push messages: the
// button of the page of choices asks the browser, and tells the server.

export function followNotices() {
  const bell = document.querySelector("[data-bell]");
  if (!bell || !window.EventSource) return;
  let stream = null;
  const begin = () => {
    // A hidden page needs no count; browsers allow few connections to one server
    if (document.hidden || stream) return;
    stream = new EventSource("/notices/stream");
    stream.addEventListener("unread", (event) => show(bell, JSON.parse(event.data).unread));
  };
  const end = () => {
    stream?.close();
    stream = null;
  };
  document.addEventListener("visibilitychange", () => (document.hidden ? end() : begin()));
  window.addEventListener("pagehide", end);
  window.addEventListener("pageshow", begin);
  begin();
}

function show(bell, unread) {
  const before = Number(bell.dataset.bell);
  if (unread === before) return;
  bell.dataset.bell = unread;
  const count = bell.querySelector("[data-bell-count]");
  count.textContent = unread >= 100 ? "99+" : unread;
  count.hidden = unread === 0;
  if (unread > before) {
    document.getElementById("announcements").textContent = bell.dataset.said;
  }
}

export function offerPush(root) {
  const place = root.querySelector("[data-push-key]:not([data-ready])");
  if (!place || !("serviceWorker" in navigator) || !("PushManager" in window)) return;
  place.dataset.ready = "";
  place.hidden = false;
  const failed = place.querySelector("[data-push-failed]");
  place.querySelector("[data-push-begin]").addEventListener("click", async () => {
    failed.hidden = true;
    try {
      await subscribe(place.dataset.pushKey);
      window.location.reload();
    } catch {
      failed.textContent = place.dataset.failed;
      failed.hidden = false;
    }
  });
}

async function subscribe(key) {
  await navigator.serviceWorker.register("/push-worker.js");
  const worker = await navigator.serviceWorker.ready;
  const given = await worker.pushManager.subscribe({
    userVisibleOnly: true,
    applicationServerKey: key,
  });
  const { endpoint, keys } = given.toJSON();
  const body = new URLSearchParams({ endpoint, ...keys, device: device() });
  const answer = await fetch("/preferences/browsers", { method: "POST", body });
  if (!answer.ok) {
    await given.unsubscribe();
    throw new Error(String(answer.status));
  }
}

function device() {
  const names = [["Firefox", "Firefox"], ["Edg", "Edge"], ["Chrome", "Chrome"], ["Safari", "Safari"]];
  const found = names.find(([mark]) => navigator.userAgent.includes(mark));
  return [found?.[1], navigator.userAgentData?.platform ?? navigator.platform].filter(Boolean).join(", ");
}
