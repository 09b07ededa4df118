// Checks a proof of the register's log in the browser: RFC 6962 hashes, C2SP formats, Ed25519. What is
// chosen stays here. Where the browser has no Ed25519 the form goes to the server, and says so.

const HEADER = "c2sp.org/tlog-proof@v1";
const STEPS = ["format", "signature", "place", "data", "document"];

export async function checkProofs(root) {
  for (const place of root.querySelectorAll("[data-proof-check]:not([data-ready])")) {
    place.dataset.ready = "";
    const able = await canCheck();
    place.querySelector(able ? "[data-browser-note]" : "[data-fallback-note]").hidden = false;
    // Before the file buttons' own handler, which would send the form
    const here = (event) => submitted(event, place);
    if (able) place.querySelector("form").addEventListener("submit", here, { capture: true });
    opened(place, able);
  }
}

// The QR code of a receipt leads here with the proof behind the #, which no browser sends.
function opened(place, able) {
  if (!/^#\d{100,4300}$/.test(location.hash)) return;
  const form = place.querySelector("form");
  form.elements.code.value = location.hash.slice(1);
  if (able) form.requestSubmit();
}

async function submitted(event, place) {
  const form = event.target;
  const proof = form.elements.proof.files[0];
  const code = form.elements.code.value.trim();
  if (!proof && !code) return; // the server says what is missing
  event.preventDefault();
  event.stopImmediatePropagation();
  const document_ = form.elements.document.files[0];
  const outcome = await check(
    proof ? await proof.text() : code,
    form.elements.key.value.split(/\s+/).filter(Boolean),
    document_ ? await document_.arrayBuffer() : null,
  );
  show(place, outcome);
}

function show(place, { done, failed, facts }) {
  for (const item of place.querySelectorAll("[data-step]")) {
    const code = item.dataset.step;
    item.dataset.state = done.includes(code) ? "good" : code === failed ? "bad" : "";
    item.hidden = !item.dataset.state;
  }
  for (const value of place.querySelectorAll("[data-fact]")) {
    const said = facts[value.dataset.fact] ?? "";
    value.textContent = said;
    value.parentElement.hidden = said === "";
  }
  place.querySelector('[data-outcome="good"]').hidden = failed !== "";
  place.querySelector('[data-outcome="bad"]').hidden = failed === "";
  place.querySelector('[data-outcome="facts"]').hidden = false;
  place.scrollIntoView({ block: "start" });
}

// The outcome as {done, failed, facts}; `failed` is the step that broke, or empty.
export async function check(text, keys, document_) {
  const done = [];
  try {
    const proof = text.startsWith(HEADER) ? parse(text) : await unpacked(text);
    done.push("format");
    const head = await signed(proof.note, keys);
    done.push("signature");
    const leaf = await leafOf(proof.extra.event, proof.extra.salt);
    const top = await rootFrom(leaf, proof.index, head.size, proof.hashes);
    if (!same(top, head.root)) return { done, failed: "place", facts: {} };
    done.push("place");
    const event = JSON.parse(proof.extra.event);
    const record = proof.extra.record;
    if (record && (await hex(await digest(utf8(canonical(record))))) !== event.details.core) {
      return { done, failed: "data", facts: {} };
    }
    done.push("data");
    if (document_) {
      const files = event.details.files ?? [];
      if (!files.includes(await hex(await digest(document_)))) return { done, failed: "document", facts: {} };
      done.push("document");
    }
    return { done, failed: "", facts: factsOf(proof, head, event, record) };
  } catch {
    return { done, failed: STEPS[done.length], facts: {} };
  }
}

function factsOf(proof, head, event, record) {
  const { number, year } = event.details;
  return {
    number: number ? `${number}/${year}` : "",
    at: event.at ?? "",
    subject: record?.subject ?? "",
    sender: record?.sender?.[0] ?? "",
    origin: head.origin,
    size: head.size,
    index: proof.index,
  };
}

function parse(text) {
  const end = text.indexOf("\n\n");
  const lines = text.slice(0, end).split("\n");
  if (end < 0 || lines[0] !== HEADER || !lines[1].startsWith("extra ")) throw new Error("format");
  const extra = JSON.parse(new TextDecoder().decode(base64(lines[1].slice(6))));
  JSON.parse(extra.event);
  return {
    extra,
    index: whole(lines[2].slice("index ".length)),
    hashes: lines.slice(3).map(base64),
    note: text.slice(end + 2),
  };
}

// What a QR code holds, as `docflow/audit/check_proof.py` describes it
async function unpacked(code) {
  const digits = code.slice(code.lastIndexOf("#") + 1).replace(/\s/g, "");
  if (!/^\d{1,4300}$/.test(digits)) throw new Error("format");
  const number = BigInt(digits).toString(16);
  const data = unhex(number.length % 2 ? `0${number}` : number);
  if (data[0] !== 1) throw new Error("format");
  const [index, size] = [data.slice(1, 7), data.slice(7, 13)].map((part) => part.reduce((sum, byte) => sum * 256 + byte, 0));
  let at = 13;
  const take = (length) => {
    at += length;
    if (at > data.length) throw new Error("format");
    return data.slice(at - length, at);
  };
  const origin = strict(take(take(1)[0]));
  const [signature, salt] = [take(68), await hex(take(32))];
  const hashes = Array.from({ length: take(1)[0] }, () => take(32));
  const event = await unmarked(data.slice(at));
  const top = await rootFrom(await leafOf(event, salt), index, size, hashes);
  const note = `${origin}\n${size}\n${unbase64(top)}\n\n— ${origin} ${unbase64(signature)}\n`;
  JSON.parse(event);
  return { extra: { event, salt, record: null }, index, hashes, note };
}

// The event with its digests as letters: a byte 1 and 32 bytes stand for each
async function unmarked(bytes) {
  const parts = [];
  for (let at = 0; at < bytes.length; ) {
    const mark = bytes.indexOf(1, at);
    const end = mark < 0 ? bytes.length : mark;
    parts.push(bytes.slice(at, end));
    if (mark >= 0) parts.push(utf8(await hex(bytes.slice(mark + 1, mark + 33))));
    at = mark < 0 ? end : mark + 33;
  }
  return strict(join(...parts));
}

// Origin, size and root of the note, once one of the keys is found to have signed it
async function signed(note, keys) {
  const cut = note.lastIndexOf("\n\n");
  const said = note.slice(0, cut + 1);
  const lines = note.slice(cut + 2).trimEnd().split("\n");
  for (const key of keys) {
    const [name, id, encoded] = key.split("+", 2).concat(key.split("+").slice(2).join("+"));
    const raw = base64(encoded);
    const own = await digest(join(utf8(`${name}\n`), raw));
    if ((await hex(own.slice(0, 4))) !== id || raw[0] !== 1 || raw.length !== 33) throw new Error("key");
    for (const line of lines) {
      const [mark, signer, signature] = line.split(" ");
      const bytes = signature ? base64(signature) : new Uint8Array();
      if (mark !== "—" || signer !== name || !same(bytes.slice(0, 4), own.slice(0, 4))) continue;
      const public_ = await crypto.subtle.importKey("raw", raw.slice(1), "Ed25519", false, ["verify"]);
      if (!(await crypto.subtle.verify("Ed25519", public_, bytes.slice(4), utf8(said)))) throw new Error("signature");
      const [origin, size, top] = said.split("\n");
      return { origin, size: whole(size), root: base64(top) };
    }
  }
  throw new Error("signature");
}

async function leafOf(event, salt) {
  const salted = await digest(join(unhex(salt), utf8(event)));
  return digest(join(new Uint8Array([0]), utf8(`{"event":"${await hex(salted)}","v":1}`)));
}

// RFC 9162, section 2.1.3.2
async function rootFrom(leaf, index, size, path) {
  if (index >= size) throw new Error("place");
  let [hash, node, last] = [leaf, index, size - 1];
  for (const sibling of path) {
    if (last === 0) throw new Error("place");
    if (node % 2 || node === last) {
      hash = await digest(join(new Uint8Array([1]), sibling, hash));
      while (node % 2 === 0 && node) [node, last] = [half(node), half(last)];
    } else {
      hash = await digest(join(new Uint8Array([1]), hash, sibling));
    }
    [node, last] = [half(node), half(last)];
  }
  if (last) throw new Error("place");
  return hash;
}

// JSON as the register writes it: sorted keys, no blanks
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value && typeof value === "object") {
    const members = Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`);
    return `{${members.join(",")}}`;
  }
  return JSON.stringify(value);
}

async function canCheck() {
  if (!globalThis.crypto?.subtle) return false; // not over https
  try {
    const { publicKey } = await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"]);
    return publicKey !== undefined;
  } catch {
    return false;
  }
}

const half = (number) => Math.floor(number / 2); // sizes may pass 2^31, where >> would not do
const utf8 = (text) => new TextEncoder().encode(text);
const digest = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
const hex = async (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const unhex = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
const same = (a, b) => a.length === b.length && a.every((byte, place) => byte === b[place]);
const strict = (bytes) => new TextDecoder("utf-8", { fatal: true }).decode(bytes);
const unbase64 = (bytes) => btoa(String.fromCharCode(...bytes));
const base64 = (text) => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));

function join(...parts) {
  const all = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function whole(text) {
  if (!/^(0|[1-9]\d{0,14})$/.test(text)) throw new Error("number");
  return Number(text);
}
