// A page beside its text: a word in one is shown in the other, and a key goes from one doubtful
// word, or hit, to the next.

export function lookAtPages(root) {
  for (const place of root.querySelectorAll("[data-look]:not([data-ready])")) {
    place.dataset.ready = "";
    new PageLook(place);
  }
}

class PageLook {
  constructor(place) {
    this.place = place;
    this.boxes = [...place.querySelectorAll("rect[data-word]")];
    this.words = [...place.querySelectorAll(".app-look__text [data-word]")];
    const hits = this.words.filter((word) => word.matches("mark"));
    this.stops = hits.length ? hits : this.words.filter((word) => word.matches("[tabindex]"));
    this.at = -1;
    for (const kind of ["mouseover", "focusin"]) {
      place.addEventListener(kind, (event) => this.#show(event.target.closest("[data-word]")));
    }
    place.addEventListener("click", (event) => {
      const box = event.target.closest("rect[data-word]");
      if (box) this.words[box.dataset.word].scrollIntoView({ block: "center" });
    });
    const next = document.querySelector("[data-look-next]");
    if (next && this.stops.length) {
      next.hidden = false;
      next.addEventListener("click", () => this.#next());
    }
  }

  #next() {
    this.at = (this.at + 1) % this.stops.length;
    const word = this.stops[this.at];
    word.focus({ preventScroll: true });
    word.scrollIntoView({ block: "center" });
    this.boxes[word.dataset.word]?.scrollIntoView({ block: "nearest" });
  }

  #show(found) {
    if (!found || found === this.shown) return;
    const mark = "app-look__word--here";
    for (const one of this.place.querySelectorAll(`.${mark}, .app-word--here`)) {
      one.classList.remove(mark, "app-word--here");
    }
    this.shown = found;
    this.boxes[found.dataset.word]?.classList.add(mark);
    this.words[found.dataset.word]?.classList.add("app-word--here");
  }
}
