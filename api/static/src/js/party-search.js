// Senders and recipients found while typing. Whoever is not found is simply typed; the hidden field
// names the party only when one was chosen.
import { Suggestions } from "./suggestions.js";

export function searchParties(root) {
  for (const box of root.querySelectorAll("[data-party-search]:not([data-ready])")) {
    box.dataset.ready = "";
    new PartySearch(box);
  }
}

class PartySearch {
  constructor(box) {
    this.texts = box.dataset;
    this.input = box.querySelector("input[type=text]");
    this.hidden = box.querySelector("input[type=hidden]");
    this.input.addEventListener("input", () => this.#typed());
    const suggestions = new Suggestions(box, this.input, this.texts.partySearch, {
      content: (party) => this.#content(party),
      choose: (party) => this.#choose(party),
      takesTab: true,
    });
    this.known = document.createElement("span");
    this.known.className = "app-combobox__known";
    box.append(this.known);
    if (this.hidden.value) {
      // What the server put beside a known party is that party's
      for (const [, field] of this.#beside()) field.dataset.filled = field.value;
      this.#remember();
    }
    // A party that was found otherwise, and taken
    this.input.addEventListener("docflow:choose", (event) => {
      this.#choose(event.detail);
      suggestions.close();
    });
    this.#mark();
  }

  // Another name may be another party, or the slip is put right
  #typed() {
    if (this.hidden.value) this.#forget();
    else if (this.former && this.input.value === this.former.name) this.#restore();
    this.#mark();
  }

  #content(party) {
    const more = [party.tax_number && `ΑΦΜ ${party.tax_number}`, party.address, party.email];
    const detail = more.filter(Boolean).join(" · ");
    if (!detail) return [party.name];
    const small = document.createElement("small");
    small.textContent = detail;
    return [party.name, small];
  }

  #choose(party) {
    this.input.value = party.name;
    this.hidden.value = party.id;
    this.#fill(party);
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
}
