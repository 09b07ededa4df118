// Keys for people who never touch the mouse: Ctrl+Enter sends the main form, Alt+letter goes where
// [data-shortcut] says, arrows walk the rows of a list. Plain letters are caught in the rows of a work
// list alone (work-list.js).

// The key's place counts (KeyN), because on a Greek keyboard the same key types another letter.
const ALT = /^Alt\+([A-Z0-9])$/;

export function bindKeys(page) {
  page.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing) return;
    if (sendsForm(event)) return;
    if (followsShortcut(page, event)) return;
    walksRows(event);
  });
}

function sendsForm(event) {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return false;
  const form = event.target.form ?? event.target.closest("form") ?? document.querySelector("form[data-main-form]");
  if (!form) return false;
  // With Shift, the button that says so; a form without one is sent as ever
  const button = event.shiftKey ? form.querySelector('[data-shortcut="Ctrl+Shift+Enter"]') : null;
  event.preventDefault();
  form.requestSubmit(button);
  return true;
}

function followsShortcut(page, event) {
  const typesWithAlt = event.getModifierState("AltGraph") || navigator.platform.startsWith("Mac");
  if (!event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || typesWithAlt) return false;
  const key = event.code.replace(/^Key|^Digit/, "");
  for (const element of page.querySelectorAll("[data-shortcut]")) {
    const wanted = ALT.exec(element.dataset.shortcut);
    if (wanted?.[1] !== key || !element.checkVisibility()) continue;
    event.preventDefault();
    if (element.matches("input, select, textarea")) element.focus();
    else element.click();
    if (element.matches("summary")) unfolded(element.parentElement);
    return true;
  }
  return false;
}

// A form that was just unfolded is there to be filled in
function unfolded(details) {
  if (details.open) details.querySelector("input:not([type=hidden]), select, textarea")?.focus();
}

function walksRows(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const row = event.target.closest("table[data-rows] tbody tr");
  if (!step || !row || event.altKey || event.ctrlKey || !event.target.matches("a")) return;
  const rows = [...row.parentElement.rows];
  const next = rows[rows.indexOf(row) + step]?.querySelector("th a, td a");
  if (!next) return;
  event.preventDefault();
  next.focus();
}
