// Shows the newest state of something that is under way by loading the page again.
const panel = document.querySelector("[data-reload-seconds]");
if (panel) {
  setTimeout(() => location.reload(), 1000 * Number(panel.dataset.reloadSeconds));
}
