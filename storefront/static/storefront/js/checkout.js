// A second click on the button that orders waits for the first one. The shop itself makes one order
// of both; this only spares the customer the wait.

const form = document.querySelector("[data-once]")?.form;

form?.addEventListener("submit", (event) => {
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
  form.querySelector("[data-once]").setAttribute("aria-disabled", "true");
});

// Whoever comes back by the back button may send it again; the shop answers with the same order.
window.addEventListener("pageshow", () => {
  if (!form) return;
  delete form.dataset.sent;
  form.querySelector("[data-once]").removeAttribute("aria-disabled");
});
