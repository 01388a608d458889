// The page's own script. The server draws everything; this only points, folds, copies and says what was done.

const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
const remember = (name, value) => { try { localStorage.setItem(name, value); } catch { /* private window */ } };
const remembered = (name) => { try { return localStorage.getItem(name); } catch { return null; } };

// --- The wire: one hidden textbox of Gradio's through which acts reach the server ---

let acts_sent = 0;
let last = Promise.resolve();

function send(act, given = {}) {
  last = last.then(async () => {
    const number = ++acts_sent;
    const wire = $("#wire textarea");
    write(wire, JSON.stringify({ do: act, number: String(number), ...given }));
    wire.dispatchEvent(new KeyboardEvent("keypress", { key: "Enter", bubbles: true }));
    const heard = () => $("#context textarea").value.includes(`"heard":"${number}"`);
    for (let waited = 0; waited < 3000 && !heard(); waited += 20) await new Promise((next) => setTimeout(next, 20));
    return heard();
  });
  return last;
}

// The question leaves its box when it is sent; it comes back if the server turns out to be away.
let unheard = "";

function ask(box) {
  const text = box.value;
  if (!text.trim()) return;
  unheard = text;
  write(box, "");
  send("ask", { text });
}

function write(box, text) {
  box.value = text;
  box.dispatchEvent(new Event("input", { bubbles: true }));
}

// --- Where things are ---

const turnOf = (element) => element.closest("[data-turn]")?.dataset.turn ?? "";
const conversationOf = (element) => element.closest("[data-id]")?.dataset.id ?? "";
const narrow = () => matchMedia("(max-width: 899px)").matches;

function sentences(at) {
  const [, passage, first, end] = /^(.+):(\d+)-(\d+)$/.exec(at) ?? [];
  const found = [];
  for (let i = Number(first); i <= Number(end); i++) found.push(...$$(`[data-s="${passage}-${i}"]`));
  return found;
}

function show(view) {
  document.body.dataset.view = view === "chat" && !narrow() ? document.body.dataset.view ?? "article" : view;
  for (const button of $$(".views button")) {
    button.setAttribute("aria-pressed", button.dataset.value === document.body.dataset.view);
  }
}

function scrollInto(element, block = "center") {
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  element.scrollIntoView({ block, behavior: calm ? "auto" : "smooth" });
}

function point(at) {
  const found = sentences(at);
  if (!found.length) return;
  show("article");
  for (const old of $$(".s.marked")) old.classList.remove("marked");
  for (const sentence of found) sentence.classList.add("marked");
  const visible = found.find((sentence) => sentence.offsetParent) ?? found[0];
  visible.tabIndex = -1;
  if (narrow()) visible.focus({ preventScroll: true });
  scrollInto(visible);
}

function announce(text) {
  $("#announcer").textContent = text;
}

// --- The card that shows a cited sentence ---

const card = document.createElement("aside");
card.id = "card";
card.className = "md";
card.hidden = true;
card.setAttribute("role", "tooltip");
let cardFor = null;
let hiding = 0;

function peek(cite) {
  clearTimeout(hiding);
  const source = document.getElementById(cite.dataset.peek);
  if (!source || cardFor === cite) return;
  card.replaceChildren(...[...source.children].map((child) => child.cloneNode(true)));
  card.hidden = false;
  cardFor = cite;
  cite.setAttribute("aria-describedby", "card");
  if (narrow()) { card.style.cssText = ""; return; }
  const box = cite.getBoundingClientRect();
  const left = Math.min(Math.max(12, box.left - 40), innerWidth - card.offsetWidth - 12);
  const below = box.bottom + 8;
  const top = below + card.offsetHeight > innerHeight - 12 ? Math.max(12, box.top - card.offsetHeight - 8) : below;
  card.style.cssText = `left:${left}px;top:${top}px`;
}

function unpeek(now = false) {
  clearTimeout(hiding);
  hiding = setTimeout(() => {
    card.hidden = true;
    card.replaceChildren();
    cardFor?.removeAttribute("aria-describedby");
    cardFor = null;
  }, now ? 0 : 180);
}

// --- Acts ---

const acts = {
  ask: (button) => send("ask", { text: button.dataset.text }),
  reply: (button) => {
    const { fact, value, text } = button.dataset;
    send("reply", { turn: turnOf(button), fact, value, text });
  },
  again: (button) => send("again", { turn: turnOf(button) }),
  new: () => { leaveDrawer(); show("chat"); send("new"); $("#question textarea")?.focus(); },
  open: (button) => { leaveDrawer(); show("chat"); send("open", { value: button.dataset.value }); },
  view: (button) => show(button.dataset.value),
  language: (button) => { remember("language", button.dataset.value); send("language", { value: button.dataset.value }); },
  section: (link, event) => {
    event.preventDefault();
    link.closest("details").open = false;
    scrollInto($(link.getAttribute("href")), "start");
  },
  edition: (button) => {
    const pane = button.closest(".pane");
    pane.dataset.edition = button.dataset.value;
    remember("edition", button.dataset.value);
    for (const one of $$("[data-do=edition]", pane)) one.setAttribute("aria-pressed", one === button);
    const marked = $$(".s.marked", pane).find((sentence) => sentence.offsetParent);
    if (marked) scrollInto(marked);
  },
  theme: () => {
    const dark = !document.body.classList.contains("dark");
    remember("theme", dark ? "dark" : "light");
    document.body.classList.toggle("dark", dark);
  },
  drawer: (button) => {
    const open = document.body.classList.toggle("drawer");
    button.setAttribute("aria-expanded", open);
    if (open && narrowDrawer()) $("#history .new")?.focus();
  },
  cite: (button) => {
    const peeked = button.classList.contains("cite");
    if (peeked && narrow() && cardFor !== button) { peek(button); return; }
    if (peeked && narrow()) { unpeek(true); return; }
    unpeek(true);
    point(button.dataset.at);
  },
  unfold: (button) => {
    const fold = document.getElementById(button.getAttribute("aria-controls"));
    const open = fold.hidden;
    for (const other of $$("[data-do=unfold]", button.closest(".tools"))) {
      other.setAttribute("aria-expanded", open && other === button);
      document.getElementById(other.getAttribute("aria-controls")).hidden = !(open && other === button);
    }
    if (open) scrollInto(fold, "nearest");
  },
  copy: async (button) => {
    const words = $("#words").dataset;
    try {
      await navigator.clipboard.writeText(button.dataset.text);
      flash(button, words.copied);
    } catch {
      flash(button, words.uncopied);
    }
  },
  rate: (button) => {
    const turn = button.closest(".turn");
    const was = button.getAttribute("aria-pressed") === "true";
    for (const other of $$("[data-do=rate]", turn)) other.setAttribute("aria-pressed", other === button && !was);
    const form = $("form.reason", turn);
    form.hidden = was;
    form.dataset.value = button.dataset.value;
    const field = form.elements.reason;
    field.placeholder = field.ariaLabel = field.dataset[button.dataset.value];
    send("rate", { turn: turnOf(button), value: was ? "" : button.dataset.value, reason: was ? "" : field.value });
    if (!was) field.focus();
  },
  correct: (button) => {
    const { fact, value } = button.dataset;
    button.closest("details").open = false;
    if (!button.hasAttribute("aria-current")) send("correct", { turn: turnOf(button), fact, value });
  },
  walk: (button) => {
    show("charts");
    const form = $(".walker");
    form.reset();
    const given = [`audience=${button.dataset.audience}`, ...button.dataset.facts.split(" ").filter(Boolean)];
    const wanted = new Map(given.map((pair) => pair.split("=")));
    for (const input of $$("input", form)) {
      if (wanted.get(input.dataset.fact) === input.value && input.offsetParent !== null) input.checked = true;
    }
    const checked = $$("input:checked", form).filter((input) => input.offsetParent);
    scrollInto(checked.at(-1) ?? form, "center");
  },
  delete: (button) => {
    if (!button.classList.contains("sure")) {
      button.classList.add("sure");
      button.textContent = button.dataset.sure;
      return;
    }
    send("delete", { id: conversationOf(button) });
  },
};

const forms = {
  rename: (form) => send("rename", { id: conversationOf(form), title: form.elements.title.value }),
  reason: (form) => {
    const button = $(`[data-do=rate][data-value=${form.dataset.value}]`, form.closest(".turn"));
    form.hidden = true;
    send("rate", { turn: turnOf(form), value: form.dataset.value, reason: form.elements.reason.value })
      .then((heard) => heard && flash(button, $("#words").dataset.thanks));
  },
};

function flash(button, text) {
  const note = document.createElement("span");
  note.className = "flash";
  note.textContent = text;
  button.after(note);
  announce(text);
  setTimeout(() => note.remove(), 2200);
}

const narrowDrawer = () => matchMedia("(max-width: 1199px)").matches;

function leaveDrawer() {
  if (!narrowDrawer() || !document.body.classList.contains("drawer")) return;
  document.body.classList.remove("drawer");
  $("#open-history")?.setAttribute("aria-expanded", "false");
}

// --- Events, all of them on the document, for the server redraws what is below ---

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-do], a[data-do]");
  if (button) acts[button.dataset.do]?.(button, event);
  if (event.target.closest("#question .submit-button")) ask($("#question textarea"));
  for (const menu of $$("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
  if (!card.hidden && !card.contains(event.target) && event.target.closest(".cite") !== cardFor) unpeek(true);
  if (document.body.classList.contains("drawer") && narrowDrawer() && !event.target.closest("#history, #list, #open-history")) leaveDrawer();
});

document.addEventListener("submit", (event) => {
  event.preventDefault();
  forms[event.target.dataset.do]?.(event.target);
});

document.addEventListener("toggle", (event) => {
  const menu = event.target;
  if (menu.matches?.("details.menu[open]")) scrollInto(menu.lastElementChild, "nearest");
}, true);

let finding = 0;
document.addEventListener("input", (event) => {
  if (event.target.dataset?.do !== "find") return;
  clearTimeout(finding);
  finding = setTimeout(() => send("find", { value: event.target.value }), 200);
});

document.addEventListener("change", (event) => {
  const step = event.target.closest(".walker .branch");
  if (!step) return;
  const next = $(".next > *", step);
  announce(next?.innerText ?? "");
  if (next) scrollInto(next, "nearest");
});

document.addEventListener("pointerover", (event) => {
  if (event.pointerType === "touch") return;
  const cite = event.target.closest(".cite");
  if (cite) peek(cite);
  else if (event.target.closest("#card")) clearTimeout(hiding);
  else if (cardFor && document.activeElement !== cardFor) unpeek();
  const sentence = event.target.closest(".s");
  for (const old of $$(".s.twin")) old.classList.remove("twin");
  if (sentence) for (const twin of $$(`[data-s="${sentence.dataset.s}"]`)) twin.classList.add("twin");
});

document.addEventListener("focusin", (event) => {
  const cite = event.target.closest(".cite");
  if (cite?.matches(":focus-visible")) peek(cite);
  else if (cardFor && !event.target.closest("#card")) unpeek();
});

document.addEventListener("keypress", (event) => {
  if (event.key === "Enter" && !event.shiftKey && event.target.matches("#question textarea")) ask(event.target);
});

document.addEventListener("keydown", (event) => {
  const typing = event.target.matches("input, textarea, select");
  if (event.key === "Escape") {
    const menu = $("details.menu[open]");
    if (!card.hidden) unpeek(true);
    else if (menu) { menu.open = false; $("summary", menu).focus(); }
    else leaveDrawer();
  } else if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    show("chat");
    $("#question textarea").focus();
  }
});

addEventListener("hashchange", () => {
  const wanted = location.hash.slice(1);
  if (wanted !== shown) send("open", { value: wanted });
});

// --- A server that is away: say so, and go on from where it was ---

const offline = document.createElement("p");
offline.id = "offline";
offline.setAttribute("role", "alert");
offline.hidden = true;

async function pulse() {
  if (document.hidden) return;
  const up = await fetch("healthz", { cache: "no-store" }).then((reply) => reply.ok, () => false);
  if (up && !offline.hidden) location.reload();
  if (!up && offline.hidden) {
    offline.textContent = $("#words")?.dataset.offline ?? "";
    offline.hidden = false;
    const box = $("#question textarea");
    if (unheard && !box.value) write(box, unheard);
  }
}

function draft() {
  const box = $("#question textarea");
  box.addEventListener("input", () => sessionStorage.setItem("draft", box.value));
  const kept = sessionStorage.getItem("draft");
  if (kept && !box.value) write(box, kept);
}

// --- After the server has drawn ---

let shown = "";
let answering = false;

function drawn() {
  unheard = "";
  const thread = $("#thread");
  const root = $("[data-conversation]", thread);
  if (!root) return;
  document.body.dataset.ready = "true";
  const conversation = root.dataset.conversation;
  if (conversation !== shown) {
    shown = conversation;
    history.replaceState(null, "", conversation ? `#${conversation}` : location.pathname);
    for (const button of $$("#list .open")) {
      if (button.dataset.value === conversation) button.setAttribute("aria-current", "true");
    }
    thread.scrollTop = thread.scrollHeight;
  }
  const turns = $$(".turn", thread);
  const open = turns.some((turn) => ["working", "waiting"].includes(turn.dataset.state));
  thread.setAttribute("aria-busy", open);

  if (answering && !open) announce($(".said, .status", turns.at(-1))?.innerText ?? "");
  answering = open;
  follow(thread, turns);
}

// The end of the newest answer is kept in view as long as the reader has not scrolled away from it; what is too tall
// begins at the top, and a question that would fill the screen makes room for its answer.
let count = 0;
let near = true;

function follow(thread, turns) {
  const newest = turns.at(-1);
  if (!newest) { count = 0; return; }
  if (turns.length !== count || near) {
    const endless = $(".question", newest).offsetHeight > thread.clientHeight / 2;
    const [view, begin, end] = [thread, endless ? $(".answer", newest) : newest, newest].map((one) => one.getBoundingClientRect());
    const tall = end.bottom - begin.top > view.height - 40;
    thread.scrollTop += tall ? begin.top - view.top - 16 : end.bottom - view.bottom + 24;
  }
  count = turns.length;
}

function furnish() {
  const words = $("#words");
  if (words && document.documentElement.lang !== words.lang) document.documentElement.lang = words.lang;
  if ($(".views") && !$(".views [aria-pressed=true]")) show(document.body.dataset.view);
  const edition = remembered("edition");
  const pane = $("#article-pane");
  if (edition && pane && !pane.dataset.kept) {
    pane.dataset.kept = "true";
    $(`[data-do=edition][data-value=${edition}]`, pane)?.click();
  }
}

// --- Start ---

function begin() {
  const theme = remembered("theme");
  if (theme) document.body.classList.toggle("dark", theme === "dark");
  $(".gradio-container").append(card);
  const announcer = document.createElement("div");
  announcer.id = "announcer";
  announcer.className = "unseen";
  announcer.setAttribute("aria-live", "polite");
  document.body.append(announcer);
  card.addEventListener("pointerleave", () => unpeek());
  $(".gradio-container").append(offline);
  setInterval(pulse, 4000);
  document.addEventListener("visibilitychange", pulse);
  draft();
  show(narrow() ? "chat" : "article");
  const ours = (changes) => changes.some((change) => change.target.closest(".md"));  // not Gradio's progress bars
  $("#thread").addEventListener("scroll", ({ target }) => { near = target.scrollHeight - target.scrollTop - target.clientHeight < 260; });
  new MutationObserver((changes) => ours(changes) && drawn()).observe($("#thread"), { childList: true, subtree: true });
  new MutationObserver(furnish).observe($(".gradio-container"), { childList: true, subtree: true });
  send("hello", { value: remembered("language") ?? navigator.language, conversation: location.hash.slice(1) });
}

const waiting = setInterval(() => {
  if (!$("#wire textarea") || !$("#thread")) return;
  clearInterval(waiting);
  begin();
}, 30);
