// What could be meant, while somebody types into the search. A number leads to its entry; a name or
// a subject goes into the box and is searched.
import { Suggestions } from "./suggestions.js";

const WIDE = "(min-width: 64em)";

export function openSearchBoxes(root) {
  for (const box of root.querySelectorAll("[data-search-box]:not([data-ready])")) {
    box.dataset.ready = "";
    suggestIn(box);
  }
  // On a phone the counts stand above the hits: closed, until somebody wants them
  for (const details of root.querySelectorAll("[data-open-wide]")) {
    details.open = window.matchMedia(WIDE).matches;
  }
}

function suggestIn(box) {
  const { searchBox, textNumber, textParty, textSubject } = box.dataset;
  const what = { number: textNumber, party: textParty, subject: textSubject };
  const input = box.querySelector("input");
  new Suggestions(box, input, searchBox, {
    content: (one) => {
      const small = document.createElement("small");
      small.textContent = what[one.what];
      return [small, one.detail ? `${one.text} – ${one.detail}` : one.text];
    },
    choose: (one) => {
      if (one.href) {
        window.location.assign(one.href);
        return;
      }
      input.value = one.text;
      input.form.requestSubmit();
    },
  });
}
