// The styled file button: a place to drop files, a list of what was chosen, and a bar while it is
// sent. The real file field stays in the page and does the work.

export function listUploads(root) {
  for (const box of root.querySelectorAll("[data-upload]:not([data-ready])")) {
    box.dataset.ready = "";
    new Upload(box);
  }
}

class Upload {
  constructor(box) {
    this.box = box;
    this.texts = box.dataset;
    this.input = box.querySelector("input[type=file]");
    this.list = box.querySelector("[data-upload-list]");
    this.kept = [...this.list.children];
    this.files = [];
    box.classList.add("app-upload--live");
    this.input.addEventListener("change", () => this.#add(this.input.files));
    box.addEventListener("dragover", (event) => this.#over(event, true));
    box.addEventListener("dragleave", (event) => this.#over(event, false));
    box.addEventListener("drop", (event) => {
      this.#over(event, false);
      this.#add(event.dataTransfer.files);
    });
    this.input.form?.addEventListener("submit", (event) => this.#send(event));
  }

  #over(event, inside) {
    event.preventDefault();
    this.box.classList.toggle("app-upload--over", inside);
  }

  #add(chosen) {
    const known = new Set(this.files.map(fingerprint));
    const fresh = [...chosen].filter((file) => !known.has(fingerprint(file)));
    this.files = this.input.multiple ? [...this.files, ...fresh] : [...chosen].slice(0, 1);
    this.#show();
  }

  #remove(file) {
    this.files = this.files.filter((other) => other !== file);
    this.#show();
    this.input.focus();
  }

  #show() {
    const all = new DataTransfer();
    for (const file of this.files) if (!this.#problem(file)) all.items.add(file);
    this.input.files = all.files;
    this.list.replaceChildren(...this.kept, ...this.files.map((file) => this.#row(file)));
    this.list.hidden = this.list.children.length === 0;
    const detail = this.files.filter((file) => !this.#problem(file));
    this.box.dispatchEvent(new CustomEvent("docflow:files", { bubbles: true, detail }));
    announce(this.texts.textChosen.replace("{n}", this.files.length));
  }

  #problem(file) {
    if (file.size > Number(this.texts.maxBytes)) return this.texts.textLarge;
    return "";
  }

  #row(file) {
    const row = document.createElement("li");
    const problem = this.#problem(file) || (file.size === 0 ? this.texts.textEmpty : "");
    const remove = part("button", "app-link-button", this.texts.textRemove);
    remove.type = "button";
    remove.setAttribute("aria-label", `${this.texts.textRemove}: ${file.name}`);
    remove.addEventListener("click", () => this.#remove(file));
    const name = part("span", "app-upload__name", file.name);
    if (problem) name.append(" ", part("span", "app-upload__problem", problem));
    row.append(name, part("span", "app-upload__size", this.#size(file.size)), remove);
    return row;
  }

  #size(bytes) {
    if (bytes < 1000) return `${bytes} B`;
    if (bytes < 1e6) return `${Math.round(bytes / 1000)} KB`;
    return `${(bytes / 1e6).toFixed(1).replace(".", this.texts.decimal)} MB`;
  }

  // A form with files is sent here, so that a bar can show how far it is
  #send(event) {
    if (event.defaultPrevented) return;
    const refused = this.files.map((file) => this.#problem(file)).find(Boolean);
    if (refused) {
      // Nobody should find out later that the entry lacks a file that stood in the list
      event.preventDefault();
      this.#tell(refused);
      return;
    }
    if (this.input.files.length === 0) return;
    event.preventDefault();
    const form = this.input.form;
    if (form.dataset.sending) return;
    form.dataset.sending = "yes";
    const bar = this.#bar();
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.upload.addEventListener("progress", (step) => {
      bar.progress.max = step.total || 1;
      bar.progress.value = step.loaded;
    });
    request.addEventListener("load", () => this.#answered(request, form, bar));
    request.addEventListener("error", () => this.#failed(form, bar));
    request.send(new FormData(form, event.submitter));
  }

  #bar() {
    const place = part("label", "app-sending", `${this.texts.textSending} `);
    const progress = part("progress", "app-progress", "");
    progress.max = 1;
    progress.value = 0;
    place.append(progress);
    this.box.append(place);
    announce(this.texts.textSending);
    return { place, progress };
  }

  #answered(request, form, bar) {
    const type = request.getResponseHeader("Content-Type") ?? "";
    const moved = request.responseURL && request.responseURL !== form.action;
    if (request.status < 400 && moved) {
      window.location.assign(request.responseURL);
      return;
    }
    if (!type.startsWith("text/html")) {
      this.#failed(form, bar);
      return;
    }
    // The form came back with what is wrong in it: the server keeps the files that it has
    const page = new DOMParser().parseFromString(request.responseText, "text/html");
    const main = page.getElementById("main");
    if (!main || request.status === 413) {
      // Too much was sent: the page of that refusal has no form, so this one stays
      this.#failed(form, bar, main?.querySelector("[role=alert]")?.textContent.trim());
      return;
    }
    if (request.status === 503 && main.querySelector("[data-upload]")) {
      this.#refused(form, bar, page);
      return;
    }
    document.title = page.title;
    document.getElementById("main").replaceChildren(...main.childNodes);
    document.dispatchEvent(new CustomEvent("docflow:replaced"));
  }

  // The store took no file: the form stays as it is, with the files that were chosen
  #refused(form, bar, page) {
    delete form.dataset.sending;
    bar.place.remove();
    form.parentElement.querySelector(".govuk-error-summary")?.remove();
    const summary = page.querySelector(".govuk-error-summary");
    if (!summary) return;
    summary.tabIndex = -1;
    form.before(summary);
    summary.focus();
  }

  #failed(form, bar, why = this.texts.textFailed) {
    delete form.dataset.sending;
    bar.place.remove();
    this.#tell(why);
  }

  #tell(why) {
    const message = part("p", "app-upload__problem", why);
    message.setAttribute("role", "alert");
    this.box.append(message);
    setTimeout(() => message.remove(), 15000);
  }
}

function fingerprint(file) {
  return `${file.name}/${file.size}/${file.lastModified}`;
}

function part(tag, className, text) {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}

function announce(text) {
  const place = document.getElementById("announcements");
  if (place) place.textContent = text;
}
