// Changes a rule in place. Without this the same buttons load the page anew.

const form = document.querySelector("[data-rule-form]");
const part = form.querySelector("[data-rule-part]");
const PAUSE = 400;
let running = null;
let timer = 0;

/** Ask for the tree after a button; only the newest answer is shown. */
async function follow(verb, { isTreeToo, focus }) {
  running?.abort();
  running = new AbortController();
  const data = new FormData(form);
  data.set("do", verb);
  part.classList.add("zg-rule-part-busy");
  try {
    const answer = await fetch(window.location.href, {
      method: "POST",
      body: data,
      headers: { "X-Fragment": "rule" },
      signal: running.signal,
    });
    if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
    show(await answer.text(), isTreeToo);
    if (focus) part.querySelector(focus)?.focus();
  } catch (error) {
    if (error.name === "AbortError") return;
    // Whatever went wrong, a person waits: the page itself says it.
    const button = form.querySelector("[value='show']");
    form.requestSubmit(button);
  }
  part.classList.remove("zg-rule-part-busy");
}

function show(text, isTreeToo) {
  if (isTreeToo) {
    part.innerHTML = text;
    return;
  }
  // While somebody writes, what is written stays as it is.
  const fresh = new DOMParser().parseFromString(text, "text/html");
  const preview = fresh.querySelector("[data-rule-preview]");
  if (preview) part.querySelector("[data-rule-preview]").replaceWith(preview);
}

form.addEventListener("click", (event) => {
  const button = event.target.closest("button[name='do']");
  if (!button || button.value === "save" || button.value === "show") return;
  event.preventDefault();
  const [verb, path] = button.value.split(":");
  const places = part.querySelectorAll(`[id^="rule-${path.replaceAll(".", "-")}-"]`);
  const last = path.replaceAll(".", "-");
  let focus = `#rule-${last} select`;
  if (verb === "add_condition" || verb === "add_group") {
    const direct = [...places].filter((one) => !one.id.slice(`rule-${last}-`.length).includes("-"));
    focus = `#rule-${last}-${direct.length} select`;
  } else {
    focus = `#rule-${last.slice(0, last.lastIndexOf("-"))} select`;
  }
  clearTimeout(timer);
  follow(button.value, { isTreeToo: true, focus });
});

form.addEventListener("change", (event) => {
  if (!part.contains(event.target)) return;
  clearTimeout(timer);
  if (event.target.matches("[data-rule-field]")) {
    const row = event.target.closest(".zg-rule-condition");
    follow("show", { isTreeToo: true, focus: `#${row.id} .zg-rule-input :is(select, input)` });
  } else {
    follow("show", { isTreeToo: false });
  }
});

form.addEventListener("input", (event) => {
  if (!part.contains(event.target) || !event.target.matches("input:not([type])")) return;
  clearTimeout(timer);
  timer = setTimeout(() => follow("show", { isTreeToo: false }), PAUSE);
});
