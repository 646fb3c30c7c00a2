// The count in the bar follows the cart when only the middle of the page was swapped.

function showCount() {
  const link = document.querySelector("[data-cart-link]");
  if (!link) return;
  const units = document.cookie.match(/(?:^|; )cart_units=(\d+)/)?.[1] ?? "";
  let count = link.querySelector(".bar__count");
  if (!units) {
    count?.remove();
    return;
  }
  if (!count) {
    count = document.createElement("span");
    count.className = "bar__count";
    link.append(count);
  }
  count.textContent = units;
}

document.addEventListener("htmx:afterSwap", showCount);
