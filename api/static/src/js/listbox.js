// The list of an ARIA 1.2 combobox: it opens below a text field, which keeps the focus.

let numbered = 0;

export class Listbox {
  // `choose` is called with the place of the option that somebody pressed
  constructor(input, label, choose) {
    this.input = input;
    this.active = -1;
    this.element = document.createElement("ul");
    Object.assign(this.element, { id: `list-${++numbered}`, className: "app-combobox__list", hidden: true });
    this.element.setAttribute("role", "listbox");
    this.element.setAttribute("aria-label", label);
    for (const [name, value] of [
      ["role", "combobox"],
      ["aria-autocomplete", "list"],
      ["aria-expanded", "false"],
      ["aria-controls", this.element.id],
    ]) {
      input.setAttribute(name, value);
    }
    // Choosing with the mouse must not take the focus from the field
    this.element.addEventListener("mousedown", (event) => event.preventDefault());
    this.element.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) choose([...this.element.children].indexOf(option));
    });
  }

  get isOpen() {
    return !this.element.hidden;
  }

  // An option for each list of what stands in it; none is marked
  show(contents) {
    this.element.replaceChildren(...contents.map((content, place) => this.#option(content, place)));
    this.element.hidden = contents.length === 0;
    this.input.setAttribute("aria-expanded", String(this.isOpen));
    this.mark(-1);
  }

  #option(content, place) {
    const option = document.createElement("li");
    option.id = `${this.element.id}-${place}`;
    option.className = "app-combobox__option";
    option.setAttribute("role", "option");
    option.setAttribute("aria-selected", "false");
    option.append(...content);
    return option;
  }

  mark(place) {
    this.element.children[this.active]?.setAttribute("aria-selected", "false");
    const option = this.element.children[place];
    this.active = option ? place : -1;
    if (!option) {
      this.input.removeAttribute("aria-activedescendant");
      return;
    }
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", option.id);
  }

  // One on or one back; from none to the first or the last
  move(step) {
    const count = this.element.children.length;
    this.mark(this.active < 0 && step < 0 ? count - 1 : (this.active + step + count) % count);
  }

  close() {
    this.element.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.mark(-1);
  }
}
