// The log: lines are only ever added. Each carries the digest of the line before it and its own.
const kit = JSON.parse(document.getElementById("kit").textContent);
const SECRET = unhex(kit.secret), STORED = `docflow-emergency-${kit.code}`;
const HOUR = 3600_000, FIRST = 24 * HOUR, FURTHER = 7 * 24 * HOUR;
let journal = hex(crypto.getRandomValues(new Uint8Array(8)));
let log = [], saved = 0, keeps = true;

const canonical = (line) => JSON.stringify(
  [journal, line.seq, line.kind, line.at, ...kit.fields[line.kind].map((name) => line.data[name])]
);
const digestOf = (line, previous) => hmac(SECRET, `${previous}\n${canonical(line)}`);
const clean = (text) => (text || "").normalize("NFC")
  .replace(/[\u0000-\u0009\u000b-\u001f\u007f]/g, " ").trim();

function add(kind, typed, at = new Date()) {
  restore();  // another window of this page may have gone on meanwhile
  const data = {};
  for (const name of kit.fields[kind]) data[name] = clean(typed[name]);
  const line = { seq: log.length + 1, kind, at: at.toISOString(), data };
  line.check = digestOf(line, log.length ? log[log.length - 1].check : kit.code);
  log.push(line);
  store();
  return line;
}

function store() {
  try {
    localStorage.setItem(STORED, JSON.stringify({ journal, log, saved }));
  } catch {
    keeps = false;
  }
}

function restore() {
  try {
    const kept = JSON.parse(localStorage.getItem(STORED) || "null");
    if (kept && kept.log.length >= log.length) ({ journal, log, saved } = kept);
  } catch {
    keeps = false;
  }
}

// Whether every line of a document is as this page wrote it.
function sound(found) {
  const mine = journal;
  journal = found.journal;
  try {
    let previous = kit.code;
    return found.log.every((line, place) => {
      const good = line.seq === place + 1 && line.check === digestOf(line, previous);
      previous = line.check;
      return good;
    });
  } catch {
    return false;
  } finally {
    journal = mine;
  }
}

// The days of the office, whatever zone the computer has.
const dayOf = (at) => new Intl.DateTimeFormat("en-CA", {
  timeZone: kit.zone, year: "numeric", month: "2-digit", day: "2-digit",
}).format(new Date(at));
const shown = (at) => new Intl.DateTimeFormat("en-GB", {
  timeZone: kit.zone, year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit",
  minute: "2-digit", hourCycle: "h23",
}).format(new Date(at)).replace(",", "");

// What the log says now: the open emergency (or none), its entries, the next number.
function state() {
  let open = null, used = 0;
  const entries = new Map();
  for (const line of log) {
    if (line.kind === "begin") {
      open = { since: line.data.started_at, cause: line.data.cause, operator: line.data.operator,
        allowed: [{ by: line.data.authorised_by, from: Date.parse(line.data.started_at) }],
        entries: new Map() };
    } else if (line.kind === "end") {
      open = null;
    } else if (line.kind === "authorise") {
      open.allowed.push({ by: line.data.authorised_by, from: Date.parse(line.at) });
    } else if (line.kind === "entry") {
      used += 1;
      const entry = { ...line.data, at: line.at, label: labelOf(line.data.number), struck: "" };
      open.entries.set(line.data.number, entry);
      entries.set(line.data.number, entry);
    } else {
      entries.get(line.data.number).struck = line.data.reason;
    }
  }
  const next = kit.first + used;
  return { open, entries, next: next <= kit.last ? next : null };
}

const labelOf = (number) => `${kit.prefix}-${kit.year}-${String(number).padStart(4, "0")}`;

// Until when the open emergency is allowed: a day at first, then a week for each authorisation.
const allowedUntil = (open) => Math.max(
  ...open.allowed.map((one, place) => one.from + (place ? FURTHER : FIRST))
);

function totalsOf(entries) {
  const totals = {};
  for (const entry of entries.values()) {
    totals[dayOf(entry.at)] = (totals[dayOf(entry.at)] || 0) + 1;
  }
  return totals;
}

function file() {
  const document = { format: kit.format, version: kit.version, kit: kit.code, journal, log };
  return JSON.stringify(document, null, 1);
}
