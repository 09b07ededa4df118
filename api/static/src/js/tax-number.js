// The check digit of an ΑΦΜ, told while the person is still at the field. The server checks again.

export function checkTaxNumbers(root) {
  for (const input of root.querySelectorAll("[data-tax-number]:not([data-ready])")) {
    input.dataset.ready = "";
    const message = document.createElement("p");
    message.className = "govuk-error-message";
    message.setAttribute("role", "status");
    input.before(message);
    input.addEventListener("change", () => {
      const digits = input.value.replace(/\s/g, "");
      message.textContent = !digits || isTaxNumber(digits) ? "" : input.dataset.taxNumber;
    });
  }
}

// Nine digits; the last is the sum of the others by powers of two, modulo 11, modulo 10
function isTaxNumber(digits) {
  if (!/^\d{9}$/.test(digits) || /^0{9}$/.test(digits)) return false;
  const sum = [...digits.slice(0, 8)].reduce((all, digit, place) => all + digit * 2 ** (8 - place), 0);
  return (sum % 11) % 10 === Number(digits[8]);
}
