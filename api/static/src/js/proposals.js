// What a document proposes stands under its field; Alt+Enter takes it, Alt+Shift+Enter takes all.
// Nothing is ever filled in by itself. Of the files chosen in a form, the first is sent ahead to be
// read; the server's answer replaces the section, and asks again by itself until it was read.

export function readAhead(root) {
  for (const form of root.querySelectorAll("form[data-read-ahead]:not([data-ready])")) {
    form.dataset.ready = "";
    let last = "";
    form.addEventListener("docflow:files", (event) => {
      const file = event.detail.find((one) => one.size > 0);
      const mark = file ? `${file.name}/${file.size}/${file.lastModified}` : "";
      if (mark === last) return;
      last = mark;
      send(form, file ? { file } : {});
    });
    // A file that the server has already: a scan that is to be registered, or a form that came back
    const kept = form.querySelector("input[name=kept]")?.value;
    if (kept) send(form, { kept });
  }
}

// The kind's own fields came: numbers of the document may belong into them
document.addEventListener("docflow:fields", (event) => {
  const section = document.querySelector("[data-proposals][data-again]");
  const form = event.detail.closest("form[data-read-ahead]");
  if (!form || !section?.dataset.again) return;
  const address = new URL(section.dataset.again, location.href);
  address.searchParams.set("kind", form.elements.namedItem("kind")?.value ?? "");
  ask(address);
});

async function send(form, brought) {
  const data = new FormData();
  for (const [name, value] of Object.entries(brought)) data.append(name, value);
  for (const name of ["direction", "kind"]) {
    data.append(name, form.elements.namedItem(name)?.value ?? "");
  }
  await ask(form.dataset.readAhead, { method: "POST", body: data });
}

async function ask(address, options = {}) {
  try {
    const answer = await fetch(address, { ...options, headers: { "HX-Request": "true" } });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const brought = page.getElementById("proposals");
    if (!brought) return;
    document.getElementById("proposals").replaceWith(brought);
    window.htmx?.process(brought);
    showProposals(document);
  } catch {
    // without proposals the form is filled in as ever
  }
}

export function showProposals(root) {
  for (const section of root.querySelectorAll("[data-proposals]:not([data-ready])")) {
    section.dataset.ready = "";
    new Proposals(section);
  }
}

class Proposals {
  constructor(section) {
    this.texts = section.dataset;
    this.section = section;
    this.form = document.getElementById(section.dataset.form);
    if (!this.form) return;
    for (const old of this.form.querySelectorAll(".app-proposal")) old.remove();
    this.all = [...section.querySelectorAll("[data-field]")].map((item) => this.#place(item)).filter(Boolean);
    const button = section.querySelector("[data-take-all]");
    if (this.all.length) {
      for (const hidden of section.querySelectorAll("[data-keys], [data-take-all]")) hidden.hidden = false;
      button?.addEventListener("click", () => this.#takeAll());
    }
    this.form.proposals = this;
    this.point(document.activeElement);
    if (this.form.dataset.proposalKeys) return;
    this.form.dataset.proposalKeys = "";
    const form = this.form;
    form.addEventListener("keydown", (event) => form.proposals.key(event));
    form.addEventListener("input", () => form.proposals.mark());
    form.addEventListener("change", () => form.proposals.mark());
    form.addEventListener("focusin", (event) => form.proposals.point(event.target));
  }

  // The proposal under its field; none where the form has no such field
  #place(item) {
    const field = this.form.elements.namedItem(item.dataset.field);
    if (!(field instanceof HTMLElement)) {
      item.hidden = true;
      return null;
    }
    const { value, shown, percent } = item.dataset;
    const one = { field, value, shown, beside: JSON.parse(item.dataset.beside), name: item.dataset.field };
    one.atFirst = field.value;
    const group = field.closest(".govuk-form-group");
    const visible = group.querySelector("input:not([type=hidden]), select:not([hidden]), textarea");
    one.visible = visible;
    one.hint = document.createElement("div");
    one.hint.className = "app-proposal";
    one.hint.id = `${one.name}-proposal`;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "app-proposal__take";
    button.tabIndex = -1; // the key in the field does the same; Tab goes on to the next field
    button.title = "Alt+Enter";
    const what = document.createElement("span");
    what.textContent = shown;
    const sure = document.createElement("small");
    sure.textContent = `${percent} %`;
    const said = document.createElement("span");
    said.className = "govuk-visually-hidden";
    said.textContent = `${this.texts.textProposed}: `;
    button.append(said, what, " ", sure);
    button.addEventListener("click", () => {
      this.#take(one);
      visible.focus();
    });
    one.hint.append(button);
    group.append(one.hint);
    const described = visible.getAttribute("aria-describedby");
    if (!described?.split(" ").includes(one.hint.id)) {
      visible.setAttribute("aria-describedby", [described, one.hint.id].filter(Boolean).join(" "));
    }
    visible.setAttribute("aria-keyshortcuts", "Alt+Enter");
    this.#mark(one);
    return one;
  }

  key(event) {
    if (event.key !== "Enter" || !event.altKey || event.ctrlKey || event.metaKey) return;
    if (!this.all?.length) return;
    if (event.shiftKey) {
      event.preventDefault();
      this.#takeAll();
      return;
    }
    const one = this.all.find((each) => each.visible === event.target);
    if (!one) return;
    event.preventDefault();
    this.#take(one);
  }

  // What somebody typed stays; only what still stands as the form came is filled in
  #takeAll() {
    const free = this.all.filter((one) => {
      const untouched = one.field.value === one.atFirst;
      return untouched && (!one.field.value || one.field.matches("select"));
    });
    for (const one of free) this.#take(one);
    announce(`${this.texts.textTaken}: ${free.length}`);
  }

  #take(one) {
    const { field, value, beside } = one;
    const combobox = field.closest("[data-party-search], [data-typed-choice]");
    if (combobox?.matches("[data-typed-choice]")) {
      field.dispatchEvent(new CustomEvent("docflow:choose", { detail: value }));
    } else if (combobox && beside[`${one.name}_party_id`]) {
      const party = { id: beside[`${one.name}_party_id`], name: value };
      for (const part of ["tax_number", "email", "address"]) party[part] = beside[`${one.name}_${part}`] ?? "";
      field.dispatchEvent(new CustomEvent("docflow:choose", { detail: party }));
    } else {
      field.value = value;
      if (field.matches("select")) field.dataset.chosen = "";
      field.dispatchEvent(new Event("input", { bubbles: true }));
      field.dispatchEvent(new Event("change", { bubbles: true }));
    }
    unfold(field);
    this.mark();
    announce(`${this.texts.textTaken}: ${one.shown}`);
  }

  mark() {
    for (const one of this.all ?? []) this.#mark(one);
  }

  #mark(one) {
    const isTaken = one.field.value.trim() === one.value;
    one.hint.classList.toggle("app-proposal--taken", isTaken);
  }

  // The place on the page of what is proposed for the field in focus
  point(target) {
    const one = this.all?.find((each) => each.visible === target);
    for (const box of this.section.querySelectorAll("rect[data-for]")) {
      box.classList.toggle("app-look__found--here", box.dataset.for === one?.name);
    }
  }
}

// What was filled in must be seen
function unfold(field) {
  const details = field.closest("details");
  if (details) details.open = true;
}

function announce(text) {
  const place = document.getElementById("announcements");
  if (place) place.textContent = text;
}
