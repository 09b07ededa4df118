// What could be meant, while somebody types into the search: an ARIA 1.2 combobox over a plain
// field. A number leads to its entry; a name or a subject goes into the box and is searched.

const WAIT = 150; // milliseconds of rest before the server is asked
const SHORTEST = 2;
const WIDE = "(min-width: 64em)";
let numbered = 0;

export function openSearchBoxes(root) {
  for (const box of root.querySelectorAll("[data-search-box]:not([data-ready])")) {
    box.dataset.ready = "";
    new SearchBox(box);
  }
  // On a phone the counts stand above the hits: closed, until somebody wants them
  for (const details of root.querySelectorAll("[data-open-wide]")) {
    details.open = window.matchMedia(WIDE).matches;
  }
}

class SearchBox {
  constructor(box) {
    this.texts = box.dataset;
    this.input = box.querySelector("input");
    this.active = -1;
    this.asked = 0;
    this.found = [];
    this.list = document.createElement("ul");
    Object.assign(this.list, { id: `suggested-${++numbered}`, className: "app-combobox__list", hidden: true });
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", this.texts.textLabel);
    this.status = document.createElement("span");
    this.status.className = "govuk-visually-hidden";
    this.status.setAttribute("role", "status");
    box.append(this.list, this.status);
    for (const [name, value] of [
      ["role", "combobox"],
      ["aria-autocomplete", "list"],
      ["aria-expanded", "false"],
      ["aria-controls", this.list.id],
    ]) {
      this.input.setAttribute(name, value);
    }
    this.input.addEventListener("input", () => this.#typed());
    this.input.addEventListener("keydown", (event) => this.#key(event));
    this.input.addEventListener("blur", () => this.#close());
    // Choosing with the mouse must not take the focus from the field
    this.list.addEventListener("mousedown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) this.#choose([...this.list.children].indexOf(option));
    });
  }

  #typed() {
    clearTimeout(this.timer);
    const text = this.input.value.trim();
    if (text.length < SHORTEST) return this.#close();
    this.timer = setTimeout(() => this.#ask(text), WAIT);
  }

  async #ask(text) {
    const turn = ++this.asked;
    try {
      const address = `${this.texts.searchBox}?q=${encodeURIComponent(text)}`;
      const answer = await fetch(address, { headers: { Accept: "application/json" } });
      if (!answer.ok || turn !== this.asked) return;
      this.#show(await answer.json());
    } catch {
      this.#close(); // without suggestions one simply searches
    }
  }

  #show(found) {
    if (document.activeElement !== this.input) return;
    this.found = found;
    this.active = -1;
    this.list.replaceChildren(...found.map((one, place) => this.#option(one, place)));
    this.list.hidden = found.length === 0;
    this.input.setAttribute("aria-expanded", String(found.length > 0));
    this.input.removeAttribute("aria-activedescendant");
    this.status.textContent = found.length
      ? this.texts.textCount.replace("{n}", found.length)
      : this.texts.textNone;
  }

  #option(one, place) {
    const option = document.createElement("li");
    option.id = `${this.list.id}-${place}`;
    option.className = "app-combobox__option";
    option.setAttribute("role", "option");
    option.setAttribute("aria-selected", "false");
    const what = { number: this.texts.textNumber, party: this.texts.textParty, subject: this.texts.textSubject };
    const small = document.createElement("small");
    small.textContent = what[one.what];
    option.append(small, one.detail ? `${one.text} – ${one.detail}` : one.text);
    return option;
  }

  #key(event) {
    const open = !this.list.hidden;
    if (!open || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      this.#move(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter" && this.active >= 0) {
      event.preventDefault();
      this.#choose(this.active);
    } else if (event.key === "Escape") {
      event.preventDefault();
      this.#close();
    }
  }

  #move(step) {
    const options = this.list.children;
    options[this.active]?.setAttribute("aria-selected", "false");
    this.active = this.active < 0 && step < 0 ? options.length - 1 : (this.active + step + options.length) % options.length;
    const option = options[this.active];
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", option.id);
  }

  #choose(place) {
    const one = this.found[place];
    this.#close();
    if (one.href) {
      window.location.assign(one.href);
      return;
    }
    this.input.value = one.text;
    this.input.form.requestSubmit();
  }

  #close() {
    clearTimeout(this.timer);
    this.asked++;
    this.list.hidden = true;
    this.active = -1;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }
}
