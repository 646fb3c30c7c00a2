// The list under the search box: htmx fills it, the arrow keys walk it, Escape closes it.

const input = document.querySelector("#search-text");
const list = document.querySelector("#suggestions");
let active = -1;

const options = () => [...list.querySelectorAll("[role=option]")];

function mark(place) {
  const all = options();
  active = all.length ? (place + all.length + 1) % (all.length + 1) : all.length;
  // The place after the last line is the box itself.
  all.forEach((option, index) => option.setAttribute("aria-selected", String(index === active)));
  const chosen = all[active];
  if (chosen) {
    input.setAttribute("aria-activedescendant", chosen.id);
    chosen.scrollIntoView({ block: "nearest" });
  } else {
    input.removeAttribute("aria-activedescendant");
  }
}

function show(isOpen) {
  list.hidden = !isOpen;
  input.setAttribute("aria-expanded", String(isOpen));
  if (!isOpen) mark(options().length);
}

if (input && list) {
  for (const [name, value] of Object.entries({
    role: "combobox",
    "aria-autocomplete": "list",
    "aria-controls": list.id,
    "aria-expanded": "false",
  })) {
    input.setAttribute(name, value);
  }

  list.addEventListener("htmx:afterSwap", () => {
    active = options().length;
    show(options().length > 0 && document.activeElement === input);
  });

  input.addEventListener("keydown", (event) => {
    // While a Chinese word is being composed the keys belong to the input method.
    if (event.isComposing) return;
    if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      show(false);
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (!options().length) return;
      event.preventDefault();
      if (list.hidden) show(true);
      const step = event.key === "ArrowDown" ? 1 : -1;
      mark((list.hidden ? options().length : active) + step);
    } else if (event.key === "Enter" && options()[active] && !list.hidden) {
      event.preventDefault();
      options()[active].click();
    }
  });

  input.addEventListener("focus", () => show(options().length > 0 && input.value.trim() !== ""));
  document.addEventListener("click", (event) => {
    if (!event.target.closest(".search")) show(false);
  });
  input.addEventListener("blur", (event) => {
    if (!list.contains(event.relatedTarget)) setTimeout(() => show(false), 150);
  });
}
