// What a person sees and does: begin, note, strike out, allow anew, end, save, print.
const $ = (id) => document.getElementById(id);
let language = kit.language;
const say = (name, values = {}) => kit.texts[language][name]
  .replace(/\{(\w+)\}/g, (_, key) => values[key]);

function tell(text, kind = "info") {
  const place = $("message");
  place.className = `message message--${kind}`;
  place.textContent = text;
}

function speak() {
  document.documentElement.lang = language;
  document.title = `${say("title")} ${kit.code}`;
  for (const one of document.querySelectorAll("[data-t]")) one.textContent = say(one.dataset.t);
  for (const one of document.querySelectorAll("[data-lang]")) {
    one.setAttribute("aria-pressed", String(one.dataset.lang === language));
  }
  show();
}

function show() {
  const { open, entries, next } = state();
  $("begin").hidden = Boolean(open);
  $("desk").hidden = !open;
  $("storage-warning").hidden = keeps;
  $("unsaved").textContent = log.length > saved ? say("unsaved", { n: log.length - saved }) : "";
  $("list").hidden = entries.size === 0;
  $("rows").replaceChildren(...[...entries.values()].reverse().map(row));
  const totals = Object.entries(totalsOf(entries)).sort();
  $("totals").replaceChildren(...totals.map(([day, count]) => {
    const item = document.createElement("li");
    item.textContent = `${day.split("-").reverse().join("/")}: ${count}`;
    return item;
  }));
  if (!open) return;
  const until = allowedUntil(open), over = Date.now() > until;
  $("cause-shown").textContent = open.cause;
  $("since-shown").textContent = shown(open.since);
  $("allowed-shown").textContent =
    `${open.allowed[open.allowed.length - 1].by} (${say("until")} ${shown(until)})`;
  $("renewal").hidden = until - Date.now() > 4 * HOUR;
  $("renewal-text").textContent = say(over ? "renew_now" : "renew_soon");
  const wrongYear = dayOf(Date.now()).slice(0, 4) !== String(kit.year);
  $("next").textContent = next && !wrongYear ? labelOf(next) : "–";
  $("note-button").disabled = over || !next || wrongYear;
  if (!next) tell(say("used_up"), "bad");
  else if (wrongYear) tell(say("wrong_year", { year: kit.year }), "bad");
}

function row(entry) {
  const line = document.createElement("tr");
  if (entry.struck) line.className = "struck";
  const to = entry.direction === "outgoing" ? entry.recipients.split("\n")[0] : entry.sender;
  const words = [entry.label, shown(entry.at), to,
    entry.struck ? `${entry.subject} – ${say("struck")}: ${entry.struck}` : entry.subject,
    entry.attachments_count];
  words.forEach((word, place) => {
    const cell = document.createElement(place ? "td" : "th");
    if (!place) cell.scope = "row";
    cell.textContent = word;
    line.append(cell);
  });
  const acts = document.createElement("td");
  acts.className = "no-print";
  acts.append(button("print_slip", entry, () => slip(entry)));
  const { open } = state();
  if (!entry.struck && open && open.entries.has(entry.number)) {
    acts.append(button("strike", entry, () => strike(entry)));
  }
  line.append(acts);
  return line;
}

function button(name, entry, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "plain";
  made.textContent = say(name);
  made.setAttribute("aria-label", `${say(name)} ${entry.label}`);
  made.addEventListener("click", act);
  return made;
}

// What was typed into a form, or null after naming the first wrong field.
function typed(form, rules) {
  const values = Object.fromEntries(new FormData(form));
  for (const field of form.elements) field.removeAttribute("aria-invalid");
  for (const [name, problem] of rules(values)) {
    form.elements[name].setAttribute("aria-invalid", "true");
    form.elements[name].focus();
    tell(say(problem), "bad");
    return null;
  }
  return values;
}

function dayTyped(text) {
  const match = /^(\d{1,2})[/.\- ](\d{1,2})[/.\- ](\d{4}|\d{2})$/.exec(text.trim());
  if (!match) return "";
  const [day, month, year] = [match[1], match[2], match[3].length < 3 ? `20${match[3]}` : match[3]];
  const iso = `${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")}`;
  const real = new Date(`${iso}T12:00:00Z`);
  const same = !Number.isNaN(real.getTime()) && real.toISOString().slice(0, 10) === iso;
  return same && iso >= "1900-01-01" && iso <= dayOf(Date.now()) ? iso : "";
}

const short = (text, least) => clean(text).length < least;
const forNow = (at) => new Date(at - new Date(at).getTimezoneOffset() * 60_000)
  .toISOString().slice(0, 16);

$("begin").addEventListener("submit", (event) => {
  event.preventDefault();
  const values = typed(event.target, function* (said) {
    if (short(said.cause, 3)) yield ["cause", "need_cause"];
    const at = Date.parse(said.started_at);
    if (!at || at > Date.now()) yield ["started_at", "bad_start"];
    if (short(said.authorised_by, 3)) yield ["authorised_by", "need_name"];
    if (short(said.operator, 3)) yield ["operator", "need_name"];
  });
  if (!values) return;
  add("begin", { ...values, started_at: new Date(values.started_at).toISOString() });
  event.target.reset();
  tell(say("begun"), "good");
  show();
  $("entry").elements.sender.focus();
});

$("entry").addEventListener("submit", (event) => {
  event.preventDefault();
  const form = event.target;
  const values = typed(form, function* (said) {
    if (said.direction === "incoming" && short(said.sender, 2)) yield ["sender", "need_sender"];
    if (said.direction === "outgoing" && short(said.recipients, 2)) {
      yield ["recipients", "need_recipient"];
    }
    if (short(said.subject, 3) || said.subject.length > 1000) yield ["subject", "need_subject"];
    if (said.dated && !dayTyped(said.dated)) yield ["dated", "bad_date"];
    if (!/^\d{0,4}$/.test(said.attachments_count.trim())) {
      yield ["attachments_count", "bad_count"];
    }
  });
  const { open, next } = state();
  const wrongYear = dayOf(Date.now()).slice(0, 4) !== String(kit.year);
  if (!values || !open || !next || wrongYear || Date.now() > allowedUntil(open)) return show();
  const line = add("entry", { ...values, number: String(state().next), operator: open.operator,
    sender: values.direction === "outgoing" ? "" : values.sender,
    recipients: values.direction === "incoming" ? "" : values.recipients,
    attachments_count: values.attachments_count.trim() || "0",
    sender_dated_on: values.dated ? dayTyped(values.dated) : "" });
  const kept = { direction: values.direction, delivery_method: values.delivery_method };
  form.reset();
  for (const [name, value] of Object.entries(kept)) form.elements[name].value = value;
  tell(say("noted", { label: labelOf(line.data.number) }), "good");
  sides();
  show();
  form.elements[kept.direction === "outgoing" ? "recipients" : "sender"].focus();
});

function strike(entry) {
  const reason = prompt(say("strike_why", { label: entry.label }));
  if (reason === null) return;
  if (short(reason, 3)) return tell(say("need_reason"), "bad");
  const { open } = state();
  add("strike", { number: entry.number, reason, operator: open.operator });
  tell(say("struck_out", { label: entry.label }), "info");
  show();
}

$("renewal").addEventListener("submit", (event) => {
  event.preventDefault();
  const values = typed(event.target, function* (said) {
    if (short(said.authorised_by, 3)) yield ["authorised_by", "need_name"];
  });
  if (!values) return;
  add("authorise", { ...values, operator: state().open.operator });
  event.target.reset();
  tell(say("renewed"), "good");
  show();
});

$("end").addEventListener("click", () => {
  const { open } = state();
  if (!open || !confirm(say("end_sure", { n: open.entries.size }))) return;
  const totals = Object.entries(totalsOf(open.entries)).sort();
  const at = new Date();
  add("end", { ended_at: at.toISOString(), operator: open.operator,
    totals: totals.map(([day, count]) => `${day}=${count}`).join(";") }, at);
  tell(say("ended"), "good");
  show();
});

$("save").addEventListener("click", () => {
  restore();
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([file()], { type: "application/json" }));
  link.download = `docflow-emergency-${kit.code}-${dayOf(Date.now())}.json`;
  link.click();
  URL.revokeObjectURL(link.href);
  saved = log.length;
  store();
  tell(say("saved", { name: link.download }), "good");
  show();
});

$("open").addEventListener("change", async (event) => {
  try {
    const found = JSON.parse(await event.target.files[0].text());
    const ours = found.format === kit.format && found.kit === kit.code && sound(found);
    const goesOn = ours && log.every((line, i) => (found.log[i] || {}).check === line.check);
    if (!ours || !goesOn) return tell(say(ours ? "behind" : "not_ours"), "bad");
    ({ journal, log } = found);
    saved = log.length;
    store();
    tell(say("opened", { n: log.length }), "good");
  } catch {
    tell(say("not_ours"), "bad");
  } finally {
    event.target.value = "";
    show();
  }
});

function slip(entry) {
  const facts = [["body", kit.body], ["number", entry.label], ["when", shown(entry.at)],
    ["from", entry.sender || entry.recipients], ["subject", entry.subject],
    ["attachments", entry.attachments_count], ["operator", entry.operator]];
  $("slip-facts").replaceChildren(...facts.flatMap(([name, value]) => {
    const term = document.createElement("dt"), said = document.createElement("dd");
    term.textContent = say(name);
    said.textContent = value || "–";
    return [term, said];
  }));
  document.body.dataset.print = "slip";
  window.print();
}

$("print-list").addEventListener("click", () => {
  document.body.dataset.print = "list";
  window.print();
});

function sides() {
  const direction = $("entry").elements.direction.value;
  $("sender-field").hidden = direction === "outgoing";
  $("recipients-field").hidden = direction === "incoming";
}

$("entry").elements.direction.addEventListener("change", sides);
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  const form = event.target.closest("form") || (state().open ? $("entry") : $("begin"));
  form.requestSubmit();
});
for (const one of document.querySelectorAll("[data-lang]")) {
  one.addEventListener("click", () => { language = one.dataset.lang; speak(); });
}
window.addEventListener("storage", () => { restore(); show(); });
setInterval(show, 60_000);  // an authorisation ends while nobody types

restore();
if (!sound({ journal, log })) {
  log = [];
  tell(say("damaged"), "bad");
}
$("begin").elements.started_at.value = forNow(Date.now());
sides();
speak();
