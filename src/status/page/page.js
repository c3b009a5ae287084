// Shows a run. `/events` brings each second, `/status.json` the rest every two seconds. All text of others is set with
// `textContent`, so a tag that looks like HTML is a tag.
"use strict";

const HOUR = 3600;
const STATUS_EVERY = 2000;
/// The run says something each second; after so long without a word the connection counts as lost.
const SILENT_AFTER = 6000;
/// How many tags the chart shows one by one.
const SHOWN = 7;

const by = (id) => document.getElementById(id);
const state = {
  view: null, // the last `/status.json`
  now: null, // the last second's `now`
  past: new Map(), // second -> {tweets, failed, away, tags: Map, others}
  marks: [],
  slots: [], // the tags that have a colour, by its number
  minutes: 60,
  chosen: false, // whether somebody has chosen the span
  tag: null, // shown alone
  paused: false,
  heard: 0, // when the run said something
  ended: false,
  hover: null,
};

// --- text

const number = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const digits = (n) => number.format(n).replaceAll(",", "\u202f");
const rate = (n) => (n >= 100 ? digits(n) : n >= 10 ? n.toFixed(1) : n.toFixed(2));
const plural = (n, what) => `${digits(n)} ${what}${n === 1 ? "" : "s"}`;

function length(seconds) {
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  const s = Math.round(seconds);
  if (s < 3600) return `${Math.floor(s / 60)}m ${String(s % 60).padStart(2, "0")}s`;
  if (s < 86400) return `${Math.floor(s / 3600)}h ${String(Math.floor(s / 60) % 60).padStart(2, "0")}m`;
  return `${Math.floor(s / 86400)}d ${Math.floor(s / 3600) % 24}h`;
}

function bytes(n) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  while (n >= 1024 && unit < units.length - 1) { n /= 1024; unit += 1; }
  return `${unit === 0 || n >= 100 ? Math.round(n) : n.toFixed(1)} ${units[unit]}`;
}

const two = (n) => String(n).padStart(2, "0");
const clock = (ms) => { const t = new Date(ms); return `${two(t.getHours())}:${two(t.getMinutes())}:${two(t.getSeconds())}`; };
const minute = (ms) => { const t = new Date(ms); return `${two(t.getHours())}:${two(t.getMinutes())}`; };
function time(ms) {
  const t = new Date(ms);
  const day = `${t.getFullYear()}-${two(t.getMonth() + 1)}-${two(t.getDate())}`;
  return Date.now() - ms < 43200000 && t.getDate() === new Date().getDate() ? clock(ms) : `${day} ${minute(ms)}`;
}
const since = (ms) => length(Math.max(0, (runTime() - ms) / 1000));
/// The time of the run's machine, as far as is known; that of this one may differ.
const runTime = () => (state.now ? state.now.at_ms + (state.paused ? 0 : performance.now() - state.nowAt) : Date.now());

// --- elements

function el(kind, className, text) {
  const made = document.createElement(kind);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

/// Tags and names on one line; what would change the direction of the text is shown as what it is.
function plain(text) {
  return String(text).replace(/[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
    (c) => (c === "\n" ? "\u23ce" : c === "\t" ? " " : `\\u{${c.codePointAt(0).toString(16)}}`));
}

/// Puts new children into an element, unless they say what is there already: so nothing that is selected is lost.
function fill(parent, key, make) {
  const text = JSON.stringify(key);
  if (parent.dataset.key === text) return;
  const top = parent.scrollTop;
  parent.replaceChildren(...make());
  parent.dataset.key = text;
  parent.scrollTop = top;
}

function table(columns, rows) {
  const made = el("table");
  const head = made.createTHead().insertRow();
  for (const [name, kind] of columns) {
    const th = el("th", kind === "number" ? "number" : "", name);
    th.scope = "col";
    head.append(th);
  }
  const body = made.createTBody();
  for (const row of rows) {
    const tr = body.insertRow();
    row.forEach((cell, at) => {
      const td = el("td", columns[at][1]);
      if (cell instanceof Node) td.append(cell); else td.textContent = cell;
      tr.append(td);
    });
  }
  return made;
}

const none = (text) => [el("p", "none", text)];

// --- what is shown

function facts(now, view) {
  const c = now.counts;
  const s = now.stream;
  const words = { connected: "connected", connecting: "connecting", waiting: "not connected", stopped: "stopped" };
  let detail = "";
  if (s.since_ms) detail = `${since(s.since_ms)}, since ${time(s.since_ms)}`;
  if (s.again_ms) detail = `${plain(s.cause || "")}, again in ${length(Math.max(0, (s.again_ms - runTime()) / 1000))}`;
  const silent = s.silent_seconds > 12 ? `, silent for ${length(s.silent_seconds)}` : "";
  const lag = now.lag_ms / 1000;
  const m = now.month;
  const over = m.cap && Math.max(m.tweets, m.forecast || 0) > m.cap;
  const bill = [
    m.cap ? `${(100 * m.tweets / m.cap).toFixed(1)} % of the cap` : "Tweets, each once",
    m.forecast ? `about ${digits(m.forecast)} at its end` : "",
    m.alarms ? `${plural(m.alarms, "tag")} above usual` : "",
    m.paused ? `${plural(m.paused, "tag")} paused` : "",
  ].filter((part) => part);
  const perCent = (part) => (c.tweets ? `${(100 * part / c.tweets).toFixed(part && part / c.tweets < 0.01 ? 2 : 0)} %` : "");
  return [
    ["Stream", words[s.state] || plain(s.state), detail + silent, s.state === "connected" ? "" : "bad"],
    ["Tweets a second", rate(now.rate.now), `1 min ${rate(now.rate.minute)} · 1 h ${rate(now.rate.hour)}`, ""],
    ["Lag", length(lag), now.waiting ? `${plural(now.waiting, "line")} waiting` : "nothing waits", lag > 10 ? "bad" : lag > 2 ? "warn" : ""],
    ["Tweets", digits(c.tweets), `${perCent(c.kept)} kept, ${digits(c.filtered)} filtered`, ""],
    ["Failed", digits(c.failed), `${digits(c.quarantined)} in quarantine${c.failed_timers ? `, ${plural(c.failed_timers, "timer")}` : ""}`, c.failed ? "bad" : ""],
    ["Rows", digits(c.rows), `${digits(c.emitted)} emitted, ${digits(c.duplicates)} twice`, ""],
    ["Missing", now.missing_seconds ? length(now.missing_seconds) : "nothing", `${plural(view ? view.kept.outages.length : 0, "outage")} known`, now.missing_seconds ? "warn" : ""],
    ["Journal", bytes(now.journal_bytes), `${digits(c.received)} lines received`, ""],
    ["Month", digits(m.tweets), bill.join(", "), over || m.alarms || m.paused ? "warn" : ""],
  ];
}

function showFacts() {
  const parts = facts(state.now, state.view);
  const list = by("facts");
  while (list.children.length < parts.length) {
    const box = el("div");
    box.append(el("dt"), el("dd"), el("dd"));
    list.append(box);
  }
  parts.forEach(([name, value, detail, kind], at) => {
    const box = list.children[at];
    box.className = kind;
    const [dt, dd, more] = box.children;
    if (dt.textContent !== name) dt.textContent = name;
    if (dd.textContent !== value) dd.textContent = value;
    if (more.textContent !== detail) { more.textContent = detail; more.title = detail; }
  });
}

function showHealth() {
  const health = by("health");
  const isLost = !state.ended && Date.now() - state.heard > SILENT_AFTER;
  let text = "…", kind = "";
  if (state.ended) [text, kind] = ["ended", "warn"];
  else if (state.heard && isLost) [text, kind] = ["no connection", "bad"];
  else if (state.now) [text, kind] = state.now.health === "ok" ? ["✓ ok", "good"] : [`✕ ${plain(state.now.health)}`, "bad"];
  if (health.textContent !== text) health.textContent = text;
  health.className = `health ${kind}`;
  const lost = by("lost");
  let told = "";
  if (state.ended) told = "The run has ended. What is shown is its last state; this page waits for the next run.";
  else if (isLost && state.heard) told = `The connection to the run is lost since ${clock(state.heard)}. It is tried again.`;
  else if (isLost && performance.now() > SILENT_AFTER) told = "The run cannot be reached. It is tried again.";
  if (lost.textContent !== told) lost.textContent = told;
  lost.hidden = !told;
  const trouble = [];
  if (state.now && state.now.in_hand) trouble.push(`does not end: ${plain(state.now.in_hand)}`);
  if (state.now && state.now.generation.back_to) trouble.push(`rolled back: generation ${state.now.generation.back_to} runs, and not the files on disk`);
  if (state.view && state.view.kept.trouble) trouble.push(`the database cannot be read now: ${plain(state.view.kept.trouble)}`);
  const words = trouble.join(" · ");
  if (by("trouble").textContent !== words) by("trouble").textContent = words;
  by("trouble").hidden = !words;
  document.title = state.now ? `${kind === "good" ? rate(state.now.rate.now) + "/s" : text} · ouzel` : "ouzel";
}

function showView() {
  const { about, kept, rules, more_rules: moreRules } = state.view;
  const generation = state.now.generation;
  by("about").textContent = `${plain(about.script)} · generation ${generation.number}${generation.hash ? ` (${plain(generation.hash)})` : ""} · running for ${since(about.began_ms)}`;
  by("foot").textContent = `ouzel ${about.version}, process ${about.process}, data in ${plain(about.data_dir)}. The page and its numbers stay on this machine; nothing here changes the run.`;

  by("n-failures").textContent = kept.failures.length ? "by cause, newest first" : "";
  fill(by("failures"), kept.failures, () => (kept.failures.length ? kept.failures.map(failure) : none("No Tweet is in quarantine.")));

  by("n-rules").textContent = `${digits(rules.length + moreRules)} declared`;
  fill(by("rules"), [rules, moreRules], () => (rules.length
    ? [table([["Tag", "text"], ["Rule", "text"], ["Tweets", "number"]], rules.map((rule) => {
      const value = el("code", "", plain(rule.value));
      value.title = plain(rule.place);
      return [rule.tag === null ? el("span", "null", "no tag") : plain(rule.tag), value, rule.count === null ? "" : digits(rule.count)];
    })), ...(moreRules ? none(`and ${plural(moreRules, "more rule")}`) : [])]
    : none("The script declares no rules.")));

  by("n-tables").textContent = kept.tables.length ? plural(kept.tables.length + kept.more_tables, "table") : "";
  fill(by("tables"), [kept.tables, kept.more_tables], () => (kept.tables.length
    ? [...kept.tables.map(rowsOf), ...(kept.more_tables ? none(`and ${plural(kept.more_tables, "more table")}`) : [])]
    : none("The script declares no tables.")));

  by("n-loads").textContent = generation.refused ? `${plural(generation.refused, "load")} refused in this run` : "";
  fill(by("loads"), kept.loads, () => (kept.loads.length
    ? [table([["When", "time"], ["", "number"], ["", ""], ["Changed", "text"]], kept.loads.map((load) => [
      time(Date.parse(load.at)),
      load.number === null ? "" : String(load.number),
      el("span", `word ${load.result === "refused" ? "bad" : load.result === "loaded" ? "good" : "warn"}`,
        load.back_to === null ? plain(load.result) : `${plain(load.result)} to ${load.back_to}`),
      plain(load.what),
    ]))]
    : none("No load is written down yet.")));

  by("n-outages").textContent = kept.outages.length ? "newest first" : "";
  fill(by("outages"), kept.outages, () => (kept.outages.length
    ? [table([["Began", "time"], ["For", "number"], ["Cause", ""], ["State", ""], ["Missing", "text"]], kept.outages.map((outage) => {
      const kinds = { repaired: "good", open: "warn", partly: "warn", lost: "bad" };
      const missing = outage.missing_seconds
        ? length(outage.missing_seconds) + (outage.missing_tweets === null ? "" : `, about ${plural(outage.missing_tweets, "Tweet")}`)
        : "–";
      const cell = el("span", "", missing);
      cell.title = plain(outage.detail);
      return [
        time(outage.began_ms),
        outage.ended_ms === null ? "goes on" : length(outage.seconds),
        plain(outage.cause),
        el("span", `word ${kinds[outage.state] || ""}`, plain(outage.state)),
        cell,
      ];
    }))]
    : none("No outage is written down.")));
}

function failure(f) {
  const made = el("article", "failure");
  const where = el("p", "where");
  where.append(el("b", "", `${digits(f.count)} ×`), el("code", "", plain(f.handler)));
  if (f.place) where.append(el("code", "", plain(f.place)));
  where.append(el("span", "", `last ${time(Date.parse(f.last))}${f.tweet ? `, Tweet ${f.tweet}` : ""}`));
  made.append(where, el("p", "error", plain(f.error)));
  if (f.code) made.append(el("code", "code", plain(f.code.trim())));
  if (f.hint) made.append(el("p", "soft", `hint: ${plain(f.hint)}`));
  made.append(el("code", "soft", `ouzel quarantine show ${f.id}`));
  return made;
}

function rowsOf(t) {
  const made = el("div", "table");
  made.append(el("h3", "", plain(t.name)));
  if (t.trouble) { made.append(el("p", "none", `cannot be read: ${plain(t.trouble)}`)); return made; }
  if (!t.rows.length) { made.append(el("p", "none", "no rows")); return made; }
  const scroll = el("div", "scroll");
  scroll.tabIndex = 0;
  scroll.setAttribute("role", "region");
  scroll.setAttribute("aria-label", `rows of ${plain(t.name)}`);
  scroll.append(table(t.columns.map((name) => [plain(name), "cell"]), t.rows.map((row) => row.map((cell) => {
    const shown = cell === null ? el("span", "null", "null") : el("span", "", plain(cell));
    if (cell !== null && cell.length > 30) shown.title = cell;
    return shown;
  }))));
  made.append(scroll);
  if (t.more_columns) made.append(el("p", "none", `and ${plural(t.more_columns, "more column")}`));
  return made;
}

// --- the chart

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/// The seconds of the span, put together so that each bar is at least two pixels wide.
function bars(width) {
  const end = Math.floor(runTime() / 1000);
  const span = state.minutes * 60;
  const per = Math.max(1, Math.ceil(span / Math.max(60, width / 3)));
  const last = Math.floor(end / per);
  const count = Math.ceil(span / per);
  const made = Array.from({ length: count }, (_, at) => ({ at: (last - count + at) * per, seconds: 0, tweets: 0, failed: 0, away: 0, tags: new Map(), others: 0 }));
  const first = made[0].at;
  for (const [at, second] of state.past) {
    const bar = made[Math.floor((at - first) / per)];
    if (at < first || !bar) continue;
    bar.seconds += 1;
    bar.tweets += second.tweets;
    bar.failed += second.failed;
    bar.away += second.away ? 1 : 0;
    bar.others += second.others;
    for (const [tag, n] of second.tags) bar.tags.set(tag, (bar.tags.get(tag) || 0) + n);
  }
  return { made, first, per, end: first + count * per };
}

/// The most frequent tags keep the colour that they have; a tag that is new among them takes a free one.
function choose(made) {
  const sums = new Map();
  for (const bar of made) for (const [tag, n] of bar.tags) sums.set(tag, (sums.get(tag) || 0) + n);
  const top = [...sums].sort((a, b) => b[1] - a[1]).slice(0, SHOWN).map(([tag]) => tag);
  const slots = Array.from({ length: SHOWN }, (_, at) => (top.includes(state.slots[at]) ? state.slots[at] : null));
  for (const tag of top) if (!slots.includes(tag)) slots[slots.indexOf(null)] = tag;
  state.slots = slots;
  return { top, sums };
}

function nice(top) {
  const power = 10 ** Math.floor(Math.log10(top));
  return [1, 2, 4, 6, 8, 10].map((n) => n * power).find((n) => n >= top);
}

function draw() {
  const canvas = by("chart");
  const ratio = window.devicePixelRatio || 1;
  const width = canvas.clientWidth, height = canvas.clientHeight;
  if (!width) return;
  if (canvas.width !== Math.round(width * ratio)) canvas.width = Math.round(width * ratio);
  if (canvas.height !== Math.round(height * ratio)) canvas.height = Math.round(height * ratio);
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  const left = 44, right = width - 4, top = 16, bottom = height - 20;
  const { made, first, per, end } = bars(right - left);
  const { top: tags, sums } = choose(made);
  const parts = (bar) => {
    const found = state.slots.map((tag, at) => [at, tag === null || (state.tag !== null && state.tag !== tag) ? 0 : bar.tags.get(tag) || 0]);
    let others = bar.others;
    for (const [tag, n] of bar.tags) if (!state.slots.includes(tag)) others += n;
    const alone = state.tag !== null && !state.slots.includes(state.tag) ? bar.tags.get(state.tag) || 0 : 0;
    return [...found, ["others", state.tag === null ? others : alone]];
  };
  const perSecond = (bar, n) => (bar.seconds ? n / bar.seconds : 0);
  const heights = made.map((bar) => {
    const stacked = perSecond(bar, parts(bar).reduce((sum, [, n]) => sum + n, 0));
    return Math.max(stacked, state.tag === null ? perSecond(bar, bar.tweets) : 0);
  });
  const most = nice(Math.max(1, ...heights));
  const x = (at) => left + (at - first) / (end - first) * (right - left);
  const y = (n) => bottom - n / most * (bottom - top);
  const soft = colour("--soft"), line = colour("--line");
  pen.font = "11px system-ui, sans-serif";
  pen.textBaseline = "middle";

  // Gaps: by the ledger, and as this run has seen them.
  const isAway = [];
  for (const outage of state.view ? state.view.kept.outages : []) isAway.push([outage.began_ms / 1000, outage.ended_ms === null ? end : outage.ended_ms / 1000]);
  for (const bar of made) if (bar.away && bar.away === bar.seconds) isAway.push([bar.at, bar.at + per]);
  isAway.sort((a, b) => a[0] - b[0]);
  let until = first;
  for (const [from, to] of isAway) {
    const begin = Math.max(from, until), close = Math.min(to, end);
    if (close <= begin) continue;
    pen.fillStyle = colour("--gap");
    pen.fillRect(x(begin), top, Math.max(1.5, x(close) - x(begin)), bottom - top);
    if (x(close) - x(begin) > 26) {
      pen.fillStyle = colour("--bad");
      pen.textAlign = "center";
      pen.fillText("gap", (x(begin) + x(close)) / 2, top + 8);
    }
    until = close;
  }

  pen.textAlign = "right";
  for (let step = 0; step <= 2; step += 1) {
    const n = most * step / 2;
    pen.strokeStyle = line;
    pen.beginPath();
    pen.moveTo(left, Math.round(y(n)) + .5);
    pen.lineTo(right, Math.round(y(n)) + .5);
    pen.stroke();
    pen.fillStyle = soft;
    pen.fillText(n >= 10 || Number.isInteger(n) ? digits(n) : n.toFixed(1), left - 6, y(n));
  }
  pen.textAlign = "center";
  pen.fillStyle = soft;
  const fits = Math.max(2, Math.floor((right - left) / 70));
  const every = [60, 120, 300, 600, 900, 1200, 1800].find((n) => (end - first) / n <= fits) || 1800;
  for (let at = Math.ceil(first / every) * every; at < end; at += every) {
    const place = Math.min(Math.max(x(at), left + 14), right - 16);
    pen.fillText(minute(at * 1000), place, height - 8);
  }

  const thick = (right - left) / made.length;
  made.forEach((bar) => {
    let below = 0;
    for (const [slot, n] of parts(bar)) {
      if (!n) continue;
      const rise = perSecond(bar, n);
      pen.fillStyle = colour(slot === "others" ? "--others" : `--c${slot}`);
      pen.fillRect(x(bar.at), y(below + rise), Math.max(1, thick - (thick > 4 ? 1 : 0)), y(below) - y(below + rise));
      below += rise;
    }
  });
  if (state.tag === null) {
    pen.strokeStyle = colour("--text");
    pen.globalAlpha = .55;
    pen.beginPath();
    let isOn = false;
    for (const bar of made) {
      if (!bar.seconds) { isOn = false; continue; }
      const place = [x(bar.at) + thick / 2, y(perSecond(bar, bar.tweets))];
      if (isOn) pen.lineTo(...place); else pen.moveTo(...place);
      isOn = true;
    }
    pen.stroke();
    pen.globalAlpha = 1;
  }
  let labelled = -Infinity;
  for (const mark of state.marks) {
    if (mark.at < first || mark.at >= end) continue;
    const place = Math.round(x(mark.at)) + .5;
    pen.strokeStyle = pen.fillStyle = colour(mark.what === "refused" ? "--bad" : "--accent");
    pen.setLineDash([3, 3]);
    pen.beginPath();
    pen.moveTo(place, top - 2);
    pen.lineTo(place, bottom);
    pen.stroke();
    pen.setLineDash([]);
    // Labels that lie on each other say nothing; pointing at the place names all.
    if (place - labelled < 16) continue;
    labelled = place;
    pen.textAlign = place > right - 20 ? "right" : "center";
    pen.fillText(mark.what === "refused" ? "✕" : mark.what === "loaded" ? String(mark.generation) : `↩${mark.generation}`, place, 7);
  }
  state.drawn = { made, first, per, end, left, right, parts };
  legend(tags, sums, made);
  tip();
}

function legend(tags, sums, made) {
  const seconds = made.reduce((sum, bar) => sum + bar.seconds, 0) || 1;
  const shown = tags.map((tag) => [tag, rate(sums.get(tag) / seconds), state.slots.indexOf(tag)]);
  let others = made.reduce((sum, bar) => sum + bar.others, 0);
  for (const [tag, n] of sums) if (!tags.includes(tag)) others += n;
  if (state.tag !== null && !tags.includes(state.tag)) shown.push([state.tag, rate((sums.get(state.tag) || 0) / seconds), -1]);
  const key = [shown, rate(others / seconds), others > 0, state.tag];
  const box = by("legend");
  // A button that is about to be pressed must stay: only its number changes.
  if (box.dataset.tags === JSON.stringify([shown.map(([tag, , slot]) => [tag, slot]), others > 0])) {
    [...box.children].forEach((button, at) => {
      const text = at < shown.length ? shown[at][1] : key[1];
      if (button.lastChild.textContent !== text) button.lastChild.textContent = text;
      if (button.tagName === "BUTTON") button.setAttribute("aria-pressed", String(state.tag === shown[at][0]));
    });
  } else {
    box.dataset.tags = JSON.stringify([shown.map(([tag, , slot]) => [tag, slot]), others > 0]);
    box.replaceChildren(...shown.map(([tag, n, slot]) => {
      const button = el("button");
      button.type = "button";
      button.setAttribute("aria-pressed", String(state.tag === tag));
      const dot = el("i");
      dot.style.background = slot < 0 ? "var(--others)" : `var(--c${slot})`;
      button.append(dot, el("span", "", plain(tag)), el("b", "", n));
      button.title = plain(tag);
      button.addEventListener("click", () => { state.tag = state.tag === tag ? null : tag; draw(); });
      return button;
    }));
    if (others > 0) {
      const rest = el("button");
      rest.disabled = true;
      const dot = el("i");
      dot.style.background = "var(--others)";
      rest.append(dot, el("span", "", "other tags"), el("b", "", key[1]));
      box.append(rest);
    }
  }
  const note = state.tag === null
    ? "Stacked: Tweets that matched a rule, by its tag; one with two tags counts in both. Line: all Tweets. Shaded: gaps. Dashed: loads of the script, by generation (✕ refused)."
    : `Only ${plain(state.tag)}; press it again for all.`;
  if (by("chart-note").textContent !== note) by("chart-note").textContent = note;
  const sum = made.reduce((all, bar) => all + bar.tweets, 0);
  by("chart").setAttribute("aria-label", `Tweets a second over ${state.minutes} minutes, stacked by tag: ${plural(sum, "Tweet")}, now ${state.now ? rate(state.now.rate.now) : "?"} a second`);
}

function tip() {
  const box = by("tip");
  const d = state.drawn;
  if (state.hover === null || !d || state.hover < d.left || state.hover > d.right) { box.hidden = true; return; }
  const bar = d.made[Math.min(d.made.length - 1, Math.floor((state.hover - d.left) / (d.right - d.left) * d.made.length))];
  const lines = [clock(bar.at * 1000) + (d.per > 1 ? ` – ${clock((bar.at + d.per) * 1000)}` : "")];
  if (bar.seconds) {
    lines.push(`${rate(bar.tweets / bar.seconds)} Tweets/s${bar.failed ? `, ${digits(bar.failed)} failed` : ""}`);
    for (const [slot, n] of d.parts(bar)) if (n) lines.push(`${rate(n / bar.seconds)}  ${slot === "others" ? "others" : plain(state.slots[slot]).slice(0, 30)}`);
    if (bar.away) lines.push("not connected");
  } else lines.push("nothing is known");
  for (const mark of state.marks) if (mark.at >= bar.at && mark.at < bar.at + d.per) lines.push(`generation ${mark.generation} ${plain(mark.what)}`);
  box.textContent = lines.join("\n");
  box.hidden = false;
  const isRight = state.hover > (d.left + d.right) / 2;
  box.style.left = isRight ? "auto" : `${state.hover + 12}px`;
  box.style.right = isRight ? `${by("chart").clientWidth - state.hover + 12}px` : "auto";
}

function span(minutes) {
  state.minutes = minutes;
  for (const button of by("spans").children) button.setAttribute("aria-pressed", String(Number(button.dataset.minutes) === minutes));
}

/// Until somebody chooses, the span is as long as there is something to see.
function fit() {
  if (state.chosen) return;
  const [first] = state.past.keys();
  const age = first === undefined ? 0 : runTime() / 1000 - first;
  const ledger = state.view ? state.view.kept.outages.map((outage) => runTime() / 1000 - outage.began_ms / 1000).filter((ago) => ago < HOUR) : [];
  const most = Math.max(age, ...ledger) / 60;
  const minutes = most < 5 ? 5 : most < 15 ? 15 : 60;
  if (minutes !== state.minutes) span(minutes);
}

// --- what comes

function put(second) {
  const known = state.past.get(second.at);
  const tags = new Map(known ? known.tags : []);
  for (const [tag, n] of second.tags) tags.set(tag, (tags.get(tag) || 0) + n);
  state.past.set(second.at, {
    tweets: second.tweets + (known ? known.tweets : 0),
    failed: second.failed + (known ? known.failed : 0),
    others: second.others + (known ? known.others : 0),
    away: second.away, tags,
  });
}

function history(past) {
  state.past = new Map();
  past.at.forEach((at, i) => {
    const tags = past.tags.filter(([, column]) => column[i]).map(([tag, column]) => [tag, column[i]]);
    put({ at: past.from + at, tweets: past.tweets[i], failed: past.failed[i], away: past.away[i] === 1, tags, others: past.others[i] });
  });
  state.marks = past.marks;
}

function second(tick) {
  put(tick.second);
  state.marks = state.marks.concat(tick.marks).filter((mark) => mark.at > tick.second.at - HOUR).slice(-200);
  for (const at of state.past.keys()) if (at <= tick.second.at - HOUR) state.past.delete(at); else break;
  if (!state.paused) take(tick.now);
}

function take(now) {
  state.now = now;
  state.nowAt = performance.now();
}

function show() {
  showHealth();
  if (state.paused || !state.now) return;
  showFacts();
  if (state.view) showView();
  fit();
  draw();
}

let events = null;
let again = null;

function listen() {
  if (events) events.close();
  clearTimeout(again);
  events = new EventSource("/events");
  const on = (name, act) => events.addEventListener(name, (event) => {
    state.heard = Date.now();
    act(JSON.parse(event.data));
    show();
  });
  on("history", (past) => { state.ended = false; history(past); status(); });
  on("second", second);
  on("end", () => { state.ended = true; });
  // The browser gives up on a refusal, so it is asked again here.
  events.addEventListener("error", () => { if (events.readyState === EventSource.CLOSED) again = setTimeout(listen, 2000); });
}

async function status() {
  if (state.paused && state.view) return;
  try {
    const answer = await fetch("/status.json");
    if (!answer.ok) return;
    const view = await answer.json();
    if (state.paused && state.view) return;
    state.view = view;
    if (!state.now || view.now.at_ms > state.now.at_ms) take(view.now);
    if (!state.heard) state.heard = Date.now();
    show();
  } catch { /* What is lost is told by the events that do not come. */ }
}

by("pause").addEventListener("click", () => {
  state.paused = !state.paused;
  by("pause").setAttribute("aria-pressed", String(state.paused));
  by("pause").textContent = state.paused ? "Go on" : "Pause";
  if (!state.paused) status();
});
by("spans").addEventListener("click", (event) => {
  const minutes = Number(event.target.dataset.minutes);
  if (!minutes) return;
  state.chosen = true;
  span(minutes);
  draw();
});
by("chart").addEventListener("pointermove", (event) => { state.hover = event.offsetX; tip(); });
by("chart").addEventListener("pointerleave", () => { state.hover = null; tip(); });
new ResizeObserver(draw).observe(by("chart"));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
setInterval(() => { if (!document.hidden && !state.ended) status(); }, STATUS_EVERY);
setInterval(showHealth, 1000);
listen();
status();
