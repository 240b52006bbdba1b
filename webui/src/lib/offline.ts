/** The worker that tells when the server is away, and makes the page installable. */

export function registerOffline(): void {
  // Only where the page comes from its server: while developing, an old worker is a riddle.
  if (!import.meta.env.PROD || !("serviceWorker" in navigator)) return;
  // After the page: it must not wait for this, and does well without.
  addEventListener("load", () => {
    navigator.serviceWorker.register("./sw.js", { updateViaCache: "none" }).catch(() => null);
  });
}
