// What the server suggests while somebody types into a field. Without it the field is simply typed.
import { Listbox } from "./listbox.js";

const WAIT = 120; // milliseconds of rest before the server is asked
const SHORTEST = 2;

export class Suggestions {
  // `content` gives what stands in the option of a suggestion; `choose` is called with the chosen one.
  // Tab leaves the field; where `takesTab` it chooses what is marked first.
  constructor(box, input, address, { content, choose, takesTab = false }) {
    this.texts = box.dataset;
    this.input = input;
    this.address = address;
    this.content = content;
    this.choose = choose;
    this.takesTab = takesTab;
    this.found = [];
    this.asked = 0;
    this.list = new Listbox(input, this.texts.textLabel, (place) => this.#chosen(place));
    this.status = document.createElement("span");
    this.status.className = "govuk-visually-hidden";
    this.status.setAttribute("role", "status");
    box.append(this.list.element, this.status);
    input.addEventListener("input", () => this.#typed());
    input.addEventListener("keydown", (event) => this.#key(event));
    input.addEventListener("blur", () => this.close());
  }

  #typed() {
    clearTimeout(this.timer);
    const text = this.input.value.trim();
    if (text.length < SHORTEST) this.close();
    else this.timer = setTimeout(() => this.#ask(text), WAIT);
  }

  async #ask(text) {
    const turn = ++this.asked;
    try {
      const answer = await fetch(`${this.address}?q=${encodeURIComponent(text)}`, {
        headers: { Accept: "application/json" },
      });
      if (!answer.ok || turn !== this.asked) return;
      this.#show(await answer.json());
    } catch {
      this.close();
    }
  }

  #show(found) {
    if (document.activeElement !== this.input) return;
    this.found = found;
    this.list.show(found.map(this.content));
    this.status.textContent = found.length
      ? this.texts.textCount.replace("{n}", found.length)
      : this.texts.textNone;
  }

  #key(event) {
    const { isOpen, active } = this.list;
    if (!isOpen || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      this.list.move(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter" && active >= 0) {
      event.preventDefault();
      this.#chosen(active);
    } else if (event.key === "Tab" && this.takesTab && active >= 0) {
      this.#chosen(active); // and the focus goes on
    } else if (event.key === "Escape") {
      event.preventDefault();
      this.close();
    }
  }

  #chosen(place) {
    this.close();
    this.choose(this.found[place]);
  }

  close() {
    clearTimeout(this.timer);
    this.asked++;
    this.list.close();
  }
}
