// The page of the sandbox: polls the control API and shows phones, inboxes and rooms. Whatever people
// and messages contain is put in as text, never as markup.

const pollEvery = 1000;
const kept = 5000;
const byId = (id) => document.getElementById(id);
const state = {
  revision: 0, generation: 0, messages: new Map(), rooms: [],
  phone: null, address: null, mail: null, view: "text", clinic: new Map(),
};

// element("li", {class: "row", onclick: f}, child, "text")
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

function empty(title, text) {
  const made = byId("empty-template").content.cloneNode(true);
  made.querySelector("h2").textContent = title;
  made.querySelector("p").textContent = text;
  return made;
}

const clock = (iso) => new Date(iso).toLocaleTimeString([], {hour: "2-digit", minute: "2-digit", hour12: false});
const exact = (iso) => new Date(iso).toLocaleTimeString([], {hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false});
const day = (iso) => new Date(iso).toLocaleDateString([], {weekday: "long", day: "numeric", month: "long"});
const isMail = (message) => message.channel === "email";
const person = (message) => (message.direction === "in" ? message.from : message.to);

// Whole rebuilds are avoided where nothing changed: scroll and focus stay where they are.
function replaceIfChanged(container, key, build) {
  if (container.dataset.key === key) return false;
  container.dataset.key = key;
  container.replaceChildren(...[build()].flat());
  return true;
}

function grouped(messages, key) {
  const groups = new Map();
  for (const message of messages) {
    const name = key(message);
    if (!groups.has(name)) groups.set(name, []);
    groups.get(name).push(message);
  }
  return [...groups].sort((a, b) => b[1].at(-1).n - a[1].at(-1).n);
}

function row({face, title, sub, time, current, badge, open}) {
  return element("li", {},
    element("button", {class: "row", "aria-current": current ? "true" : "false", onclick: open},
      face ? element("span", {class: "face", "aria-hidden": "true"}, face) : null,
      element("span", {class: "who"},
        element("span", {class: "top"}, element("span", {class: "title"}, title), element("time", {}, time)),
        element("span", {class: "top"}, element("span", {class: "sub title"}, sub),
          badge ? element("span", {class: "badge"}, badge) : null))));
}

const level = (pane, number) => { byId(pane).dataset.level = String(number); };

// Links are made of http and https addresses alone.
function withLinks(text) {
  return text.split(/(https?:\/\/[^\s<>"]+)/).map((part, index) =>
    index % 2 ? element("a", {href: part, target: "_blank", rel: "noopener noreferrer"}, part) : part);
}

function ticks(message) {
  const bad = ["failed", "undelivered"].includes(message.status);
  const marks = bad ? "!" : {delivered: "✓✓", read: "✓✓", sent: "✓", received: ""}[message.status] ?? "○";
  const label = message.error_code ? `${message.status} (${message.error_code})` : message.status;
  return [element("span", {}, label), element("span", {class: `ticks ${bad ? "bad" : message.status}`, "aria-hidden": "true"}, marks)];
}

function bubble(message) {
  const failed = ["failed", "undelivered"].includes(message.status);
  const text = message.body || (message.content_sid ? `Template ${message.content_sid}` : "");
  return element("article", {class: `bubble ${message.direction} ${failed ? "failed" : ""}`},
    element("div", {class: "text"}, ...withLinks(text)),
    message.content_variables && !message.body ? element("p", {class: "vars"}, message.content_variables) : null,
    element("div", {class: "meta"},
      element("span", {class: `channel ${message.channel}`}, message.channel === "whatsapp" ? "WhatsApp" : "SMS"),
      message.channel === "sms" && message.segments > 1 ? element("span", {}, `${message.segments} parts`) : null,
      element("time", {title: message.received_at}, exact(message.received_at)), ...ticks(message)));
}

function showPhones(texts) {
  const phones = grouped(texts, person);
  byId("count-phones").textContent = phones.length || "";
  if (!phones.some(([number]) => number === state.phone)) state.phone = phones[0]?.[0] ?? null;
  const shown = texts.filter((message) => person(message) === state.phone);
  const revision = (list) => list.map((message) => message.revision).join();
  replaceIfChanged(byId("phone-list"), state.phone + phones.map(([number, list]) => number + list.at(-1).revision).join(), () =>
    phones.map(([number, list]) => row({
      face: number.slice(-2), title: number, sub: list.at(-1).body || list.at(-1).content_sid, time: clock(list.at(-1).received_at),
      badge: String(list.length), current: number === state.phone,
      open: () => { state.phone = number; level("phones", 1); draw(); },
    })));
  const detail = byId("phone-detail");
  if (!state.phone) {
    replaceIfChanged(detail, "empty", () => empty("No messages yet", "WhatsApp and SMS messages appear here the moment they are sent."));
    return;
  }
  if (replaceIfChanged(detail, state.phone, () => phoneFrame(state.phone))) detail.querySelector(".chat").dataset.key = "";
  const chat = detail.querySelector(".chat");
  const atEnd = chat.scrollHeight - chat.scrollTop - chat.clientHeight < 80;
  const changed = replaceIfChanged(chat, revision(shown), () => {
    let last = "";
    return shown.flatMap((message) => {
      const today = day(message.received_at);
      const mark = today === last ? [] : [element("p", {class: "day"}, today)];
      last = today;
      return [...mark, bubble(message)];
    });
  });
  if (changed && atEnd) chat.scrollTop = chat.scrollHeight;
}

function phoneFrame(number) {
  const text = element("input", {name: "body", autocomplete: "off", placeholder: "Write as this person", "aria-label": "Message", maxlength: "1600"});
  const channel = element("select", {"aria-label": "Channel"}, element("option", {value: "whatsapp"}, "WhatsApp"), element("option", {value: "sms"}, "SMS"));
  const send = async (event) => {
    event.preventDefault();
    const clinic = [...state.messages.values()].findLast((message) =>
      !isMail(message) && message.channel === channel.value && message.direction === "out" && message.to === number);
    if (!text.value.trim()) return;
    await post("/sandbox/inbound", {channel: channel.value, from: number, to: clinic?.from ?? "+10000000000", body: text.value});
    text.value = "";
    poll();
  };
  return [
    element("header", {class: "chat-head"},
      element("button", {class: "back", "aria-label": "Back", onclick: () => level("phones", 0)}, "‹"),
      element("span", {class: "face", "aria-hidden": "true"}, number.slice(-2)), element("h2", {}, number)),
    element("div", {class: "chat", tabindex: "0", "aria-label": "Messages"}),
    element("form", {class: "reply", onsubmit: send}, channel, text, element("button", {class: "button main"}, "Send")),
  ];
}

function showInboxes(mails) {
  const inboxes = grouped(mails, (mail) => mail.to);
  byId("count-inboxes").textContent = inboxes.length || "";
  if (!inboxes.some(([address]) => address === state.address)) state.address = inboxes[0]?.[0] ?? null;
  const shown = mails.filter((mail) => mail.to === state.address).reverse();
  if (!shown.some((mail) => mail.n === state.mail)) state.mail = shown[0]?.n ?? null;
  replaceIfChanged(byId("inbox-list"), state.address + inboxes.map(([address, list]) => address + list.at(-1).n).join(), () =>
    inboxes.map(([address, list]) => row({
      face: address.slice(0, 2).toUpperCase(), title: address, sub: list.at(-1).subject, time: clock(list.at(-1).received_at),
      badge: String(list.length), current: address === state.address,
      open: () => { state.address = address; state.mail = null; level("inboxes", 1); draw(); },
    })));
  replaceIfChanged(byId("mail-list"), `${state.mail}/${shown.map((mail) => mail.n).join()}`, () => [
    element("li", {}, element("button", {class: "back row", onclick: () => level("inboxes", 0)}, "‹ Inboxes")),
    ...shown.map((mail) => row({
      title: mail.subject || "(no subject)", sub: mail.body.replace(/\s+/g, " ").slice(0, 120), time: exact(mail.received_at),
      current: mail.n === state.mail, open: () => { state.mail = mail.n; level("inboxes", 2); draw(); },
    }))]);
  const detail = byId("mail-detail");
  if (!state.mail) {
    replaceIfChanged(detail, "empty", () => empty("No mail yet", "Everything sent through the sandbox's SMTP server lands here, one inbox an address."));
    return;
  }
  if (replaceIfChanged(detail, `${state.mail}/${state.view}`, () => mailFrame(state.messages.get(state.mail)))) {
    fillMail(state.messages.get(state.mail), state.view);
  }
}

function mailFrame(mail) {
  const fact = (name, value) => [element("dt", {}, name), element("dd", {}, value)];
  const view = (name, label) => element("button", {
    "aria-pressed": String(state.view === name), onclick: () => { state.view = name; draw(); }}, label);
  return [
    element("header", {class: "mail-head"},
      element("button", {class: "back", "aria-label": "Back", onclick: () => level("inboxes", 1)}, "‹"),
      element("h2", {}, mail.subject || "(no subject)"),
      element("dl", {}, ...fact("From", mail.from), ...fact("To", mail.to), ...fact("At", mail.received_at), ...fact("Message-ID", mail.id)),
      element("div", {class: "views"}, view("text", "Text"), view("html", "HTML"), view("calendar", "Invitation"), view("headers", "Headers"), view("raw", "Raw"))),
    element("div", {class: "mail-body"}),
  ];
}

async function fillMail(mail, view) {
  const body = byId("mail-detail").querySelector(".mail-body");
  const still = () => state.mail === mail.n && state.view === view;
  if (!mail.raw) {
    body.replaceChildren(empty("Forgotten", "Only the newest mails are kept whole."));
    return;
  }
  if (view === "raw") {
    const text = await (await fetch(`/sandbox/mail/${mail.n}.eml`)).text();
    if (still()) body.replaceChildren(element("pre", {class: "raw"}, text));
    return;
  }
  const parts = await (await fetch(`/sandbox/mail/${mail.n}.json`)).json();
  if (!still()) return;
  if (view === "headers") {
    body.replaceChildren(element("pre", {class: "raw"}, parts.headers.map(([name, value]) => `${name}: ${value}`).join("\n")));
  } else if (!parts[view]) {
    body.replaceChildren(empty("Not in this mail", "This mail has no such part."));
  } else if (view === "html") {
    body.replaceChildren(element("iframe", {sandbox: "", title: "The mail as HTML", src: `/sandbox/mail/${mail.n}.html`}));
  } else {
    body.replaceChildren(element("pre", {class: view === "calendar" ? "raw" : ""}, ...withLinks(parts[view])));
  }
}

function showRooms() {
  const open = state.rooms.filter((room) => room.status === "in-progress");
  byId("count-rooms").textContent = open.length || "";
  const list = byId("room-list");
  const key = JSON.stringify(state.rooms);
  replaceIfChanged(list, key, () => state.rooms.length === 0
    ? empty("No rooms yet", "A video room appears when the daemon makes one, shortly before its appointment.")
    : state.rooms.map(roomCard));
  for (const left of list.querySelectorAll("[data-until]")) {
    const seconds = Math.max(0, Math.round((new Date(left.dataset.until) - Date.now()) / 1000));
    left.textContent = seconds > 5400 ? `ends in ${Math.round(seconds / 3600)} h` : `ends in ${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  }
}

function roomCard(room) {
  const over = room.status !== "in-progress";
  const act = (verb, body, label, kind = "") => element("button", {class: `button small ${kind}`, onclick: async (event) => {
    const answer = await post(`/sandbox/rooms/${encodeURIComponent(room.sid)}/${verb}`, body);
    if (!answer.ok) event.target.closest(".card").append(element("p", {class: "error"}, (await answer.json()).message ?? "refused"));
    poll();
  }}, label);
  const here = (identity) => room.participants.some((each) => each.connected && each.identity === identity);
  return element("article", {class: `card ${over ? "over" : ""}`},
    element("h3", {}, room.unique_name),
    element("p", {class: "state"},
      element("span", {class: `badge ${over ? "" : "open"}`}, over ? "completed" : "in progress"),
      over ? `ended ${exact(room.ended_at)}` : element("span", {"data-until": room.ends_by_itself_at}, "")),
    room.participants.length === 0 ? element("p", {class: "state"}, "Nobody has joined.") : element("ul", {class: "people"},
      ...room.participants.slice(-6).map((each) => element("li", {class: each.connected ? "" : "gone"},
        element("i", {class: "dot"}), element("span", {}, each.identity),
        each.connected ? act("leave", {identity: each.sid}, "Leave") : element("time", {}, `left ${exact(each.left_at)}`)))),
    over ? null : element("div", {class: "actions"},
      here("sandbox-patient") ? null : act("join", {identity: "sandbox-patient"}, "Join as patient"),
      here("sandbox-psychologist") ? null : act("join", {identity: "sandbox-psychologist"}, "Join as psychologist"),
      act("end", {}, "End", "bad")));
}

const post = (path, body) => fetch(path, {method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify(body)});

function draw() {
  const all = [...state.messages.values()].sort((a, b) => a.n - b.n);
  showPhones(all.filter((message) => !isMail(message)));
  showInboxes(all.filter(isMail));
  showRooms();
}

function live(on, text) {
  byId("live").className = `live ${on ? "on" : "off"}`;
  byId("live").lastElementChild.textContent = text;
}

let polling = false;
async function poll() {
  if (polling) return;
  polling = true;
  try {
    let more = true;
    while (more) {
      const news = await (await fetch(`/sandbox/messages.json?changed_since=${state.revision}&limit=1000`)).json();
      if (news.generation !== state.generation || news.revision < state.revision) {
        const known = state.generation !== 0;
        state.generation = news.generation;
        state.messages.clear();
        state.revision = 0;
        if (known) continue;
      }
      for (const message of news.messages) state.messages.set(message.n, message);
      state.revision = news.revision;
      more = news.messages.length === 1000;
    }
    // The newest are enough for eyes.
    if (state.messages.size > kept) {
      const numbers = [...state.messages.keys()].sort((a, b) => a - b);
      for (const n of numbers.slice(0, state.messages.size - kept)) state.messages.delete(n);
    }
    state.rooms = (await (await fetch("/sandbox/rooms.json")).json()).rooms;
    live(true, "live");
    draw();
  } catch {
    live(false, "not reachable");
  } finally {
    polling = false;
  }
}

const tabs = ["phones", "inboxes", "rooms"];
function show(name) {
  for (const each of tabs) {
    const chosen = each === name;
    byId(each).hidden = !chosen;
    byId(`tab-${each}`).setAttribute("aria-selected", String(chosen));
    byId(`tab-${each}`).tabIndex = chosen ? 0 : -1;
  }
  // Not the id itself: the browser would scroll to it and focus it.
  history.replaceState(null, "", `#/${name}`);
}
tabs.forEach((name, index) => {
  const tab = byId(`tab-${name}`);
  tab.addEventListener("click", () => show(name));
  tab.addEventListener("keydown", (event) => {
    const step = {ArrowRight: 1, ArrowLeft: -1}[event.key];
    if (!step) return;
    const next = tabs[(index + step + tabs.length) % tabs.length];
    show(next);
    byId(`tab-${next}`).focus();
  });
});
for (const pane of ["phones", "inboxes"]) level(pane, 0);
show(tabs.includes(location.hash.slice(2)) ? location.hash.slice(2) : "phones");
poll();
setInterval(poll, pollEvery);
