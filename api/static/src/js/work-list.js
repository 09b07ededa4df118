// A work list under the hands: arrows walk the rows (keyboard.js), space ticks the row with the
// focus, and one letter does an act. Letters are taken only while the focus is in the rows, so that
// nobody does something while he types elsewhere (WCAG 2.1.4). Without it the boxes and buttons do.

export function walkWorkLists(root) {
  for (const form of root.querySelectorAll("form[data-work-list]")) listen(form);
}

function listen(form) {
  const boxes = () => [...form.querySelectorAll("tbody input[name=item]")];
  const all = form.querySelector("[data-tick-all]");
  const said = form.querySelector("[data-ticked]");
  const tell = () => {
    const ticked = boxes().filter((box) => box.checked).length;
    for (const box of boxes()) box.closest("tr").classList.toggle("app-row--ticked", box.checked);
    if (said) {
      said.textContent = ticked ? form.dataset.textCount.replace("{n}", ticked) : form.dataset.textNone;
    }
    if (all) {
      const box = all.querySelector("input");
      box.checked = ticked > 0 && ticked === boxes().length;
      box.indeterminate = ticked > 0 && !box.checked;
    }
  };
  if (all) {
    all.hidden = false;
    all.querySelector("input").addEventListener("change", (event) => {
      for (const box of boxes()) box.checked = event.target.checked;
      tell();
    });
  }
  form.addEventListener("change", tell);
  form.addEventListener("keydown", (event) => onKey(form, event, tell));
  tell();
}

function onKey(form, event, tell) {
  const row = event.target.closest("tbody tr");
  if (!row || event.altKey || event.ctrlKey || event.metaKey || event.defaultPrevented) return;
  const box = row.querySelector("input[name=item]");
  if (!box) return;
  if (event.key === " " && event.target !== box) {
    event.preventDefault();
    box.checked = !box.checked;
    tell();
    return;
  }
  // The key's place counts: on a Greek keyboard the same key types another letter
  const key = event.code.replace(/^Key/, "");
  const button = form.querySelector(`[data-list-act="${key}"]`);
  const more = form.querySelector(`[data-list-open="${key}"]`);
  if (!button && !more) return;
  event.preventDefault();
  if (!form.querySelector("tbody input[name=item]:checked")) {
    box.checked = true;
    tell();
  }
  if (button) {
    form.requestSubmit(button);
    return;
  }
  more.closest("details").open = true;
  more.closest("details").querySelector("select").focus();
}
