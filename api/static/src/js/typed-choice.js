// A choice from a list by typing: blind to case and accents, over a plain <select> that stays the
// field. The first that fits is chosen at once, so that a few letters and Tab are enough.
import { Listbox } from "./listbox.js";

export function typeChoices(root) {
  for (const box of root.querySelectorAll("[data-typed-choice]:not([data-ready])")) {
    box.dataset.ready = "";
    new TypedChoice(box);
  }
}

// As folding.py does: no case, no accents, no final sigma
const folded = (text) =>
  text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().replaceAll("ς", "σ").trim();

class TypedChoice {
  constructor(box) {
    this.box = box;
    this.select = box.querySelector("select");
    this.choices = [...this.select.options].map((option) => ({
      value: option.value,
      text: option.textContent.trim(),
      key: folded(option.textContent),
    }));
    this.shown = [];
    this.#build();
    this.input.addEventListener("input", () => this.#filter());
    this.input.addEventListener("focus", () => this.input.select());
    this.input.addEventListener("keydown", (event) => this.#key(event));
    this.select.addEventListener("docflow:choose", (event) => {
      const one = this.choices.find((choice) => choice.value === event.detail);
      if (one) this.#choose(one);
    });
    this.input.addEventListener("blur", () => this.#leave());
    // Sent by keys from within the field: the one that is shown is meant, as on leaving it
    this.select.form?.addEventListener("submit", (event) => this.#sent(event), { capture: true });
    if (this.select.hasAttribute("autofocus")) this.#takeFocus();
  }

  #build() {
    this.input = document.createElement("input");
    Object.assign(this.input, {
      id: this.select.id,
      type: "text",
      autocomplete: "off",
      className: "govuk-input",
      value: this.#current(),
    });
    this.input.spellcheck = false;
    const label = this.box.querySelector("label").textContent.trim();
    this.list = new Listbox(this.input, label, (place) => this.#choose(this.shown[place]));
    for (const name of ["aria-describedby", "aria-invalid"]) {
      const value = this.select.getAttribute(name);
      if (value) this.input.setAttribute(name, value);
    }
    this.select.id += "-chosen";
    this.select.hidden = true;
    const place = document.createElement("div");
    place.className = "app-combobox";
    this.select.before(place);
    place.append(this.input, this.list.element);
  }

  get #isMarked() {
    return this.list.isOpen && this.list.active >= 0;
  }

  #current() {
    return this.select.value ? this.select.selectedOptions[0].textContent.trim() : "";
  }

  #filter() {
    this.input.setCustomValidity("");
    const wanted = folded(this.input.value);
    const begins = this.choices.filter((one) => one.value && one.key.startsWith(wanted));
    const words = this.choices.filter(
      (one) => one.value && !begins.includes(one) && one.key.includes(wanted),
    );
    this.#show(wanted ? [...begins, ...words] : this.choices);
    this.list.mark(wanted ? 0 : -1);
  }

  #show(shown) {
    this.shown = shown;
    this.list.show(shown.map((one) => [one.text]));
  }

  #key(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const { isOpen, active } = this.list;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!isOpen) this.#show(this.choices);
      this.list.move(event.key === "ArrowDown" ? 1 : -1);
    } else if (isOpen && event.key === "Enter") {
      event.preventDefault();
      if (active >= 0) this.#choose(this.shown[active]);
    } else if (isOpen && event.key === "Tab" && active >= 0) {
      this.#choose(this.shown[active]); // and the focus goes on
    } else if (event.key === "Escape" && isOpen) {
      event.preventDefault();
      this.list.close();
      this.input.value = this.#current();
    }
  }

  #choose(one) {
    const changed = this.select.value !== one.value;
    this.select.value = one.value;
    this.input.value = one.value ? one.text : "";
    this.list.close();
    if (changed) this.#fetchFields(one.value);
  }

  // Nothing typed means nothing chosen; words that fit nothing leave the choice as it was
  #leave() {
    if (!folded(this.input.value)) this.#choose(this.choices[0]);
    else if (this.#isMarked) this.#choose(this.shown[this.list.active]);
    this.input.value = this.#current();
    this.list.close();
  }

  // What fits no kind was meant as one: who does not see that he lost it would send without
  #sent(event) {
    const typed = folded(this.input.value);
    const fits = !typed || typed === folded(this.#current()) || this.#isMarked;
    if (fits) {
      this.#leave();
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
    this.input.focus();
    this.#show(this.choices);
    this.input.setCustomValidity(this.box.dataset.textNone ?? "");
    this.input.reportValidity();
  }

  // The page begins here, and the field is this one now
  #takeFocus() {
    this.select.removeAttribute("autofocus");
    this.input.setAttribute("autofocus", "");
    this.input.focus();
  }

  // The fields of the choice replace those of the one before; what was typed under one name stays
  async #fetchFields(value) {
    const { fields, fieldsIn } = this.box.dataset;
    if (!fields) return;
    const turn = (this.turn = (this.turn ?? 0) + 1);
    try {
      const answer = await fetch(`${fields}?kind=${encodeURIComponent(value)}`, {
        headers: { "HX-Request": "true" },
      });
      if (!answer.ok || turn !== this.turn) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const brought = page.getElementById(fieldsIn);
      const before = document.getElementById(fieldsIn);
      for (const field of brought.querySelectorAll("input:not([type=hidden]), select")) {
        const typed = this.select.form.elements.namedItem(field.name);
        if (typed?.value) field.value = typed.value;
      }
      before.replaceWith(brought);
      this.#fill(JSON.parse(brought.dataset.kindDefaults ?? "{}"));
      document.dispatchEvent(new CustomEvent("docflow:fields", { detail: brought }));
    } catch {
      // without the fields the form is sent all the same, and comes back with them
    }
  }

  // What the kind says goes where nothing was typed, or only what another kind said
  #fill(defaults) {
    for (const [name, value] of Object.entries(defaults)) {
      const field = this.select.form.elements.namedItem(name);
      if (!field) continue;
      const untouched = field.dataset.filled === field.value;
      const free = field.tagName === "SELECT" ? !field.dataset.chosen : !field.value;
      if (!free && !untouched) continue;
      if (!value && !untouched) continue;
      if (field.tagName === "SELECT" && !value) continue;
      field.value = String(value);
      field.dataset.filled = field.value;
    }
  }
}

// A choice that a person made by hand is not changed by a kind
document.addEventListener("change", (event) => {
  if (event.isTrusted && event.target.matches("select")) event.target.dataset.chosen = "";
});
