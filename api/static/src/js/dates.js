// Dates are typed as dd/mm/yyyy; short forms are completed when the field is left. What is not
// understood stays as it was typed: the server says what is wrong.

export function formatDates(root) {
  for (const field of root.querySelectorAll("input[data-date]:not([data-ready])")) {
    field.dataset.ready = "";
    const complete = () => {
      field.value = completed(field.value, officeToday());
    };
    field.addEventListener("blur", complete);
    field.form?.addEventListener("submit", complete, { capture: true });
  }
}

// The office's day, from the server: the clock of a workstation may be wrong.
function officeToday() {
  return new Date(`${document.body.dataset.today}T12:00:00`);
}

/** "1/2/26", "010226", "21.11", "t", "σήμερα" as dd/mm/yyyy; anything else unchanged. */
export function completed(typed, today) {
  const text = typed.trim().toLocaleLowerCase("el");
  if (["t", "σ", "τ", "σήμερα", "σημερα", "today"].includes(text)) return written(today);
  const parts =
    /^(\d{1,2})[/.\- ](\d{1,2})(?:[/.\- ](\d{4}|\d{2}))?$/.exec(text) ??
    /^(\d{2})(\d{2})(\d{4}|\d{2})$/.exec(text);
  if (!parts) return typed;
  const [day, month] = [Number(parts[1]), Number(parts[2])];
  let year = parts[3] === undefined ? today.getFullYear() : Number(parts[3]);
  if (year < 100) year += 2000;
  const date = new Date(year, month - 1, day, 12);
  const exists = date.getMonth() === month - 1 && date.getDate() === day;
  return exists ? written(date) : typed;
}

function written(date) {
  const two = (number) => String(number).padStart(2, "0");
  return `${two(date.getDate())}/${two(date.getMonth() + 1)}/${date.getFullYear()}`;
}
