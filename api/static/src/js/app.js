// Wakes the parts of a page, and those that htmx brings later. Every page works without it.
import { initAll } from "./vendor/govuk-frontend.min.js";
import { formatDates } from "./dates.js";
import { bindKeys } from "./keyboard.js";
import { followNotices, offerPush } from "./notices.js";
import { lookAtPages } from "./page-look.js";
import { searchParties } from "./party-search.js";
import { showDocuments } from "./pdf-viewer.js";
import { checkProofs } from "./proof-check.js";
import { readAhead, showProposals } from "./proposals.js";
import { openSearchBoxes } from "./search-box.js";
import { showByAnswers } from "./shown-if.js";
import { checkTaxNumbers } from "./tax-number.js";
import { typeChoices } from "./typed-choice.js";
import { listUploads } from "./upload.js";
import { walkWorkLists } from "./work-list.js";

function wake(root) {
  formatDates(root);
  searchParties(root);
  openSearchBoxes(root);
  typeChoices(root);
  checkTaxNumbers(root);
  listUploads(root);
  showByAnswers(root);
  walkWorkLists(root);
  readAhead(root);
  showProposals(root);
  lookAtPages(root);
  showDocuments(root);
  checkProofs(root);
  offerPush(root);
}

// GOV.UK Frontend asks for this mark, which its own template sets by an inline script
document.body.classList.add("js-enabled", "govuk-frontend-supported");
initAll();
bindKeys(document);
followNotices();
wake(document);
document.addEventListener("htmx:after:swap", () => wake(document));
document.addEventListener("docflow:fields", (event) => wake(event.detail));
// upload.js put the server's answer into the page
document.addEventListener("docflow:replaced", () => {
  const main = document.getElementById("main");
  initAll({ scope: main });
  wake(main);
  window.htmx?.process(main);
  window.scrollTo(0, 0);
  // Only a page that is loaded whole heeds the attribute by itself
  main.querySelector("[autofocus]")?.focus();
});
