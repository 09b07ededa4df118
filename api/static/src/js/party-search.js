// Senders and recipients found while typing: an ARIA 1.2 combobox over a plain text field.
// Whoever is not found is simply typed; the hidden field names the party only when one was chosen.

const WAIT = 120; // milliseconds of rest before the server is asked
const SHORTEST = 2;
let numbered = 0;

export function searchParties(root) {
  for (const box of root.querySelectorAll("[data-party-search]:not([data-ready])")) {
    box.dataset.ready = "";
    new PartySearch(box);
  }
}

class PartySearch {
  constructor(box) {
    this.box = box;
    this.texts = box.dataset;
    this.input = box.querySelector("input[type=text]");
    this.hidden = box.querySelector("input[type=hidden]");
    this.found = [];
    this.active = -1;
    this.asked = 0;
    this.#build();
    if (this.hidden.value) {
      // What the server put beside a known party is that party's
      for (const [, field] of this.#beside()) field.dataset.filled = field.value;
      this.#remember();
    }
    this.input.addEventListener("input", () => this.#typed());
    this.input.addEventListener("keydown", (event) => this.#key(event));
    // A party that was found otherwise, and taken
    this.input.addEventListener("docflow:choose", (event) => {
      this.found = [event.detail];
      this.#choose(0);
    });
    this.input.addEventListener("blur", () => this.#close());
    this.#mark();
  }

  #build() {
    const id = `parties-${++numbered}`;
    this.list = document.createElement("ul");
    Object.assign(this.list, { id, className: "app-combobox__list", hidden: true });
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", this.texts.textLabel);
    this.known = document.createElement("span");
    this.known.className = "app-combobox__known";
    this.known.hidden = true;
    this.status = document.createElement("span");
    this.status.className = "govuk-visually-hidden";
    this.status.setAttribute("role", "status");
    this.box.append(this.list, this.known, this.status);
    for (const [name, value] of [
      ["role", "combobox"],
      ["aria-autocomplete", "list"],
      ["aria-expanded", "false"],
      ["aria-controls", id],
    ]) {
      this.input.setAttribute(name, value);
    }
    // Choosing with the mouse must not take the focus from the field
    this.list.addEventListener("mousedown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) this.#choose([...this.list.children].indexOf(option));
    });
  }

  #typed() {
    if (this.hidden.value) this.#forget();
    else if (this.former && this.input.value === this.former.name) this.#restore();
    this.#mark();
    clearTimeout(this.timer);
    const text = this.input.value.trim();
    if (text.length < SHORTEST) {
      this.#close();
      return;
    }
    this.timer = setTimeout(() => this.#ask(text), WAIT);
  }

  async #ask(text) {
    const turn = ++this.asked;
    try {
      const address = `${this.texts.partySearch}?q=${encodeURIComponent(text)}`;
      const answer = await fetch(address, { headers: { Accept: "application/json" } });
      if (!answer.ok || turn !== this.asked) return;
      this.#show(await answer.json());
    } catch {
      this.#close(); // without the directory the name is simply typed
    }
  }

  #show(found) {
    if (document.activeElement !== this.input) return;
    this.found = found;
    this.active = -1;
    this.list.replaceChildren(...found.map((party, place) => this.#option(party, place)));
    this.list.hidden = found.length === 0;
    this.input.setAttribute("aria-expanded", String(found.length > 0));
    this.input.removeAttribute("aria-activedescendant");
    this.status.textContent = found.length
      ? this.texts.textCount.replace("{n}", found.length)
      : this.texts.textNone;
  }

  #option(party, place) {
    const option = document.createElement("li");
    option.id = `${this.list.id}-${place}`;
    option.className = "app-combobox__option";
    option.setAttribute("role", "option");
    option.setAttribute("aria-selected", "false");
    option.append(party.name);
    const more = [party.tax_number && `ΑΦΜ ${party.tax_number}`, party.address, party.email];
    const detail = more.filter(Boolean).join(" · ");
    if (detail) {
      const small = document.createElement("small");
      small.textContent = detail;
      option.append(small);
    }
    return option;
  }

  #key(event) {
    const open = !this.list.hidden;
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (open && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      this.#move(event.key === "ArrowDown" ? 1 : -1);
    } else if (open && event.key === "Enter" && this.active >= 0) {
      event.preventDefault();
      this.#choose(this.active);
    } else if (open && event.key === "Tab" && this.active >= 0) {
      this.#choose(this.active); // and the focus goes on
    } else if (open && event.key === "Escape") {
      event.preventDefault();
      this.#close();
    }
  }

  #move(step) {
    const options = this.list.children;
    options[this.active]?.setAttribute("aria-selected", "false");
    this.active = (this.active + step + options.length + (this.active < 0 && step < 0 ? 1 : 0)) % options.length;
    const option = options[this.active];
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", option.id);
  }

  #choose(place) {
    const party = this.found[place];
    this.input.value = party.name;
    this.hidden.value = party.id;
    this.#fill(party);
    this.#close();
    this.#mark();
  }

  // What the directory knows goes into the fields beside. Of a party in place of another nothing
  // stays; what was typed before any was chosen does.
  #fill(party) {
    const replaces = this.former && this.former.id !== String(party.id);
    for (const [part, field] of this.#beside()) {
      if (replaces || !field.value || field.dataset.filled === field.value) {
        field.value = party[part] ?? "";
        field.dataset.filled = field.value;
      }
    }
    this.#remember();
  }

  // The party that is chosen, with what stands in the fields beside
  #remember() {
    this.former = {
      id: this.hidden.value,
      name: this.input.value,
      values: this.#beside().map(([, field]) => field.value),
    };
  }

  // Another name is typed: ΑΦΜ, e-mail and address of the one before are not his. Where only the
  // name of the same party is put right, they are.
  #forget() {
    this.hidden.value = "";
    if ("sameParty" in this.input.dataset) return;
    for (const [, field] of this.#beside()) {
      if (field.value && field.value === field.dataset.filled) field.value = "";
    }
  }

  // The name stands there again as it was chosen: a slip, and nothing is lost
  #restore() {
    this.hidden.value = this.former.id;
    this.#beside().forEach(([, field], place) => {
      if (!field.value) field.value = this.former.values[place];
    });
  }

  #beside() {
    return ["tax_number", "email", "address"]
      .map((part) => [part, this.input.form?.elements.namedItem(`${this.input.name}_${part}`)])
      .filter(([, field]) => field);
  }

  #mark() {
    this.known.hidden = !this.hidden.value;
    this.known.textContent = this.hidden.value ? `✓ ${this.texts.textKnown}` : "";
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
