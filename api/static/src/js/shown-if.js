// A field that depends on another one is hidden while that one has another value. The server reads
// the form by the same rule, so that without this file all fields stand there and nothing is wrong.

export function showByAnswers(root) {
  for (const part of root.querySelectorAll("[data-shown-if]:not([data-ready])")) {
    part.dataset.ready = "";
    const form = part.closest("form");
    const look = () => {
      part.hidden = !matches(form, part.dataset.shownIf, part.dataset.shownValue);
    };
    form.addEventListener("change", look);
    look();
  }
}

function matches(form, name, wanted) {
  const fields = [...form.querySelectorAll(`[name="${CSS.escape(name)}"]`)];
  if (fields.length === 0) return true; // it stands on another page
  const said = fields
    .filter((field) => !["radio", "checkbox"].includes(field.type) || field.checked)
    .map((field) => field.value);
  if (["True", "False"].includes(wanted)) return said.includes("yes") === (wanted === "True");
  return said.includes(wanted);
}
