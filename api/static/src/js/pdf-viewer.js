// A PDF in our own page: pdf.js draws a picture of each page that comes into sight, with its text
// over it for marking and for screen readers. Without scripts a link to the file stands here.

const STEP = 1.2;
const SMALLEST = 0.25;
const LARGEST = 5;
const MARGIN = 24; // free width beside a page, in pixels

export function showDocuments(root) {
  for (const box of root.querySelectorAll("[data-pdf-viewer]:not([data-ready])")) {
    box.dataset.ready = "";
    new Viewer(box);
  }
  for (const link of root.querySelectorAll("a[data-show-in]:not([data-ready])")) {
    link.dataset.ready = "";
    link.addEventListener("click", (event) => {
      const box = document.getElementById(link.dataset.showIn);
      if (!box?.viewer || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      box.viewer.open(link.dataset.show, link.textContent);
    });
  }
}

class Viewer {
  constructor(box) {
    this.box = box;
    box.viewer = this;
    this.bar = box.querySelector("[data-bar]");
    this.scroll = box.querySelector("[data-scroll]");
    this.message = box.querySelector("[data-message]");
    this.pageField = box.querySelector("[data-page]");
    this.zoom = null; // null: fit to width
    this.rotation = 0;
    this.sheets = [];
    this.bar.addEventListener("click", (event) => this.#act(event.target.closest("[data-act]")?.dataset.act));
    this.pageField.addEventListener("change", () => this.goTo(Number.parseInt(this.pageField.value, 10)));
    this.scroll.addEventListener("keydown", (event) => this.#key(event));
    this.scroll.addEventListener("scroll", () => this.#passed(), { passive: true });
    new ResizeObserver(() => this.#resized()).observe(this.scroll);
    this.open(box.dataset.src);
  }

  async open(address, name = "") {
    try {
      const library = await import(this.box.dataset.library);
      const folder = this.box.dataset.library.replace(/[^/]+$/, "");
      library.GlobalWorkerOptions.workerSrc = `${folder}pdf.worker.min.mjs`;
      this.library = library;
      await this.task?.destroy();
      this.task = library.getDocument({
        url: address,
        cMapUrl: `${folder}cmaps/`,
        iccUrl: `${folder}iccs/`,
        standardFontDataUrl: `${folder}standard_fonts/`,
        wasmUrl: `${folder}wasm/`,
        isEvalSupported: false,
        enableXfa: false,
      });
      this.document = await this.task.promise;
      this.message.hidden = true;
      this.bar.hidden = false;
      this.scroll.hidden = false;
      this.#link(address, name);
      await this.#lay();
    } catch (error) {
      this.#fail(address, error);
    }
  }

  #link(address, name) {
    const link = this.bar.querySelector("a");
    link.href = address;
    if (name) {
      link.download = name;
      this.scroll.setAttribute("aria-label", name);
    }
  }

  #fail(address, error) {
    console.warn("pdf-viewer:", error);
    this.bar.hidden = true;
    this.scroll.hidden = true;
    this.message.hidden = false;
    const link = this.message.querySelector("a");
    link.href = address;
    this.message.replaceChildren(`${this.box.dataset.textFailed} `, link);
  }

  // Room for every page at once, so that the scroll bar is true; pictures only for those in sight
  async #lay() {
    this.watch?.disconnect();
    this.watch = new IntersectionObserver((seen) => this.#seen(seen), { root: this.scroll, rootMargin: "400px 0px" });
    const first = await this.document.getPage(1);
    this.box.querySelector("[data-total]").textContent = this.document.numPages;
    const sheets = [];
    for (let number = 1; number <= this.document.numPages; number++) {
      const element = document.createElement("div");
      element.className = "app-viewer__sheet";
      element.setAttribute("role", "group");
      element.setAttribute("aria-label", this.box.dataset.textPage.replace("{page}", number).replace("{total}", this.document.numPages));
      sheets.push({ number, element, page: number === 1 ? first : null, drawn: 0 });
    }
    this.sheets = sheets;
    this.scroll.replaceChildren(...sheets.map((sheet) => sheet.element));
    this.scroll.scrollTop = 0;
    this.pageField.value = "1";
    this.#size();
    for (const sheet of sheets) this.watch.observe(sheet.element);
  }

  #viewport(page) {
    const plain = page.getViewport({ scale: 1, rotation: (page.rotate + this.rotation) % 360 });
    const scale = this.zoom ?? (this.scroll.clientWidth - MARGIN) / plain.width;
    const bounded = Math.min(LARGEST, Math.max(SMALLEST, scale));
    return page.getViewport({ scale: bounded, rotation: (page.rotate + this.rotation) % 360 });
  }

  #size() {
    if (!this.sheets.length) return;
    this.width = this.scroll.clientWidth;
    for (const sheet of this.sheets) {
      const { width, height, scale } = this.#viewport(sheet.page ?? this.sheets[0].page);
      sheet.element.style.width = `${Math.floor(width)}px`;
      sheet.element.style.height = `${Math.floor(height)}px`;
      sheet.element.style.setProperty("--total-scale-factor", scale);
      if (sheet === this.sheets[0]) {
        this.scale = scale;
        this.box.querySelector("[data-zoom]").textContent = `${Math.round(scale * 100)} %`;
      }
    }
  }

  #seen(entries) {
    for (const { isIntersecting, target } of entries) {
      const sheet = this.sheets.find((one) => one.element === target);
      if (!sheet) continue;
      sheet.inSight = isIntersecting;
      if (isIntersecting) this.#draw(sheet);
      else this.#drop(sheet);
    }
  }

  async #draw(sheet) {
    sheet.page ??= await this.document.getPage(sheet.number);
    const viewport = this.#viewport(sheet.page);
    if (sheet.drawn === viewport.scale || !sheet.inSight) return;
    sheet.drawn = viewport.scale;
    sheet.element.style.width = `${Math.floor(viewport.width)}px`;
    sheet.element.style.height = `${Math.floor(viewport.height)}px`;
    const canvas = document.createElement("canvas");
    const sharp = Math.min(window.devicePixelRatio || 1, 2);
    canvas.width = Math.floor(viewport.width * sharp);
    canvas.height = Math.floor(viewport.height * sharp);
    sheet.work?.cancel();
    const work = sheet.page.render({ canvas, viewport, transform: [sharp, 0, 0, sharp, 0, 0] });
    sheet.work = work;
    try {
      await work.promise;
    } catch (error) {
      if (error.name !== "RenderingCancelledException") throw error;
      return;
    }
    const text = document.createElement("div");
    text.className = "textLayer";
    sheet.element.replaceChildren(canvas, text);
    const layer = new this.library.TextLayer({ textContentSource: sheet.page.streamTextContent(), container: text, viewport });
    await layer.render();
  }

  #drop(sheet) {
    sheet.work?.cancel();
    sheet.drawn = 0;
    sheet.element.replaceChildren();
  }

  #redraw() {
    const place = this.current();
    this.#size();
    for (const sheet of this.sheets) {
      if (!sheet.inSight) continue;
      sheet.drawn = 0;
      this.#draw(sheet);
    }
    this.goTo(place);
  }

  #resized() {
    if (this.zoom === null && this.sheets.length && Math.abs(this.scroll.clientWidth - this.width) > 8) this.#redraw();
  }

  current() {
    const middle = this.scroll.scrollTop + this.scroll.clientHeight / 3;
    const above = this.sheets.filter((sheet) => sheet.element.offsetTop - this.scroll.offsetTop <= middle);
    return Math.max(1, above.length);
  }

  goTo(number) {
    const sheet = this.sheets[Math.min(Math.max(1, number || 1), this.sheets.length) - 1];
    if (!sheet) return;
    this.scroll.scrollTop = sheet.element.offsetTop - this.scroll.offsetTop - 8;
    this.pageField.value = String(sheet.number);
  }

  #passed() {
    if (document.activeElement !== this.pageField) this.pageField.value = String(this.current());
  }

  #act(act) {
    if (act === "previous") this.goTo(this.current() - 1);
    else if (act === "next") this.goTo(this.current() + 1);
    else if (act === "larger") this.#scaleBy(STEP);
    else if (act === "smaller") this.#scaleBy(1 / STEP);
    else if (act === "fit") this.#scaleTo(null);
    else if (act === "rotate") {
      this.rotation = (this.rotation + 90) % 360;
      this.#redraw();
    }
  }

  #scaleBy(factor) {
    this.#scaleTo(Math.min(LARGEST, Math.max(SMALLEST, this.scale * factor)));
  }

  #scaleTo(zoom) {
    this.zoom = zoom;
    this.#redraw();
  }

  // Only while the pages have the focus
  #key(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const act = { "+": "larger", "=": "larger", "-": "smaller", 0: "fit", ArrowRight: "next", ArrowLeft: "previous", r: "rotate", ρ: "rotate" }[event.key];
    if (!act) return;
    event.preventDefault();
    this.#act(act);
  }
}
