// Photos of a product, enlarged above the page. Without this module they are links to the files.

for (const gallery of document.querySelectorAll("[data-gallery]")) {
  const viewer = gallery.querySelector("[data-viewer]");
  const links = [...gallery.querySelectorAll("[data-photo]")];
  if (!viewer?.showModal) continue;
  const photo = viewer.querySelector("[data-viewer-photo]");
  const count = viewer.querySelector("[data-viewer-count]");
  let shown = 0;

  const show = (index) => {
    shown = (index + links.length) % links.length;
    photo.src = links[shown].href;
    photo.alt = links[shown].querySelector("img").alt;
    count.textContent = `${shown + 1} / ${links.length}`;
  };

  links.forEach((link, index) =>
    link.addEventListener("click", (event) => {
      // A new tab was asked for.
      if (event.metaKey || event.ctrlKey || event.shiftKey) return;
      event.preventDefault();
      show(index);
      viewer.showModal();
    }),
  );
  viewer.querySelector("[data-viewer-close]").addEventListener("click", () => viewer.close());
  for (const step of viewer.querySelectorAll("[data-viewer-step]")) {
    step.addEventListener("click", () => show(shown + Number(step.dataset.viewerStep)));
  }
  viewer.addEventListener("keydown", (event) => {
    if (event.key === "ArrowLeft") show(shown - 1);
    if (event.key === "ArrowRight") show(shown + 1);
  });
  viewer.addEventListener("click", (event) => {
    if (event.target === viewer) viewer.close();
  });
}
