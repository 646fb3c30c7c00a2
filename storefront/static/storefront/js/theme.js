// Light, dark, or as the system says. A plain script in the head: a page that was painted light first
// would flash. Without scripts the switch stays hidden and the system decides.
(() => {
  const KEY = "theme";
  const THEMES = ["light", "dark"];
  let chosen = "";
  try {
    chosen = localStorage.getItem(KEY) ?? "";
  } catch {
    // A browser that keeps nothing follows the system.
  }
  const show = (theme) => {
    if (THEMES.includes(theme)) document.documentElement.dataset.theme = theme;
    else delete document.documentElement.dataset.theme;
  };
  show(chosen);
  document.addEventListener("DOMContentLoaded", () => {
    const group = document.querySelector("[data-themes]");
    if (!group) return;
    const known = THEMES.includes(chosen) ? chosen : "system";
    group.querySelector(`[value="${known}"]`).checked = true;
    group.hidden = false;
    group.addEventListener("change", (event) => {
      show(event.target.value);
      try {
        localStorage.setItem(KEY, event.target.value);
      } catch {
        // It holds for this page.
      }
    });
  });
})();
