import { say, language, switchLanguage } from './words.js';
import { Stage } from './stage.js';

const MOST = 100;
const SETTLED_MS = 600;
const RELOAD_MS = 30000;
const signs = { ACCEPT: '✓', REJECT: '✕', REVIEW: '?' };
const at = (id) => document.getElementById(id);

const stage = new Stage(at('stage'));
let stations = [];
let station = '';
let verdicts = [];
let shown;
let shownSince = 0;
let live = true;
let connected = false;
let painting = false;
let pressed = false;
let imageThere = true;

const key = (verdict) => `${verdict.station}/${verdict.frame}`;
const decisionOf = (verdict) => verdict.overrule?.decision ?? verdict.decision;
const listed = () => verdicts.filter((verdict) => !station || verdict.station === station);
const time = (text) => new Date(text).toLocaleTimeString(language === 'zh' ? 'zh-CN' : 'en-GB');

function element(name, properties = {}, ...children) {
  const node = Object.assign(document.createElement(name), properties);
  node.append(...children);
  return node;
}

async function call(path, options) {
  const response = await fetch(`api/${path}`, options);
  const body = await response.json();
  if (!response.ok) throw new Error(body.message ?? String(response.status));
  return body;
}

function toast(text) {
  const node = at('toast');
  node.textContent = text;
  node.hidden = false;
  clearTimeout(toast.timer);
  toast.timer = setTimeout(() => { node.hidden = true; }, 3500);
}

// Many verdicts a second are painted at most once per animation frame, and nothing moves away from under a finger.
function paint() {
  if (painting) return;
  painting = true;
  requestAnimationFrame(() => {
    painting = false;
    if (pressed) return;
    if (live || !shown) show(listed()[0]);
    paintList();
    paintStations();
  });
}

function show(verdict) {
  const changed = !shown !== !verdict || (verdict && shown && key(verdict) !== key(shown));
  shown = verdict;
  paintVerdict();
  if (changed) {
    shownSince = performance.now();
    imageThere = true;
    stage.show(verdict).then((there) => {
      if (there === undefined) return;
      imageThere = there;
      document.querySelector('.heat').classList.toggle('off', !stage.hasHeat);
      paintBlank();
    });
  }
  paintBlank();
}

function paintBlank() {
  const noImage = shown?.decision === 'ACCEPT' ? 'noImageOfAccept' : 'noImage';
  const missing = shown ? (imageThere ? '' : say(noImage)) : (stations.length ? '' : say('noStation'));
  at('blank').textContent = missing;
}

function paintVerdict() {
  const decision = shown && decisionOf(shown);
  at('verdict').className = `verdict ${decision ?? 'none'}`;
  document.querySelector('.sign').textContent = signs[decision] ?? '';
  at('decision').textContent = decision ? say(decision) : say('noVerdict');
  at('reason').textContent = shown?.reason ?? '';
  at('frame').textContent = shown ? `${shown.station} · ${shown.frame} · ${time(shown.decidedAt)}` : '';
  at('score').textContent = shown ? shown.score.toFixed(2) : '';
  document.title = decision ? `${signs[decision]} ${say(decision)} · Karu` : 'Karu';
  at('overruled').textContent = shown?.overrule
    ? say('overruledBy', say(shown.overrule.decision), shown.overrule.operator) : '';
  at('accept').disabled = !shown || decision === 'ACCEPT';
  at('reject').disabled = !shown || decision === 'REJECT';
  at('stage').setAttribute('aria-label', shown ? `${say(decision)}: ${shown.reason}` : say('noVerdict'));
  paintFacts();
}

function paintFacts() {
  const facts = at('facts');
  facts.replaceChildren();
  if (!shown) return;
  const ms = (micros) => (micros / 1000).toFixed(1);
  const { queued, decode, inference, decision } = shown.timingMicros;
  for (const [name, value, hint] of [
    [say('score'), shown.score.toFixed(3)],
    [say('findings'), String(shown.findings.length)],
    [say('model'), shown.modelName || '–', shown.model],
    [say('captured'), time(shown.capturedAt)],
    [say('took'), `${ms(queued + decode + inference + decision)} ms`, `${say('timing')}: ${ms(queued)} · ${ms(decode)} · ${ms(inference)} ms`],
  ]) {
    facts.append(element('dt', { textContent: name }), element('dd', { textContent: value, title: hint ?? value }));
  }
}

function paintList() {
  const list = at('list');
  const selected = shown && key(shown);
  list.replaceChildren(...listed().map((verdict) => {
    const decision = decisionOf(verdict);
    const tag = element('span', { className: `tag ${decision}`, textContent: `${signs[decision]} ${say(decision)}` });
    const row = element('li', { onclick: () => pick(verdict) }, tag,
      element('span', { className: 'name', textContent: verdict.frame, title: `${verdict.station}: ${verdict.reason}` }),
      element('time', { textContent: `${verdict.overrule ? '✎ ' : ''}${time(verdict.decidedAt)}` }));
    row.setAttribute('role', 'option');
    row.setAttribute('aria-selected', String(key(verdict) === selected));
    return row;
  }));
  list.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' });
  at('live').setAttribute('aria-pressed', String(live));
  at('live').lastElementChild.textContent = say(live ? 'live' : 'paused');
}

function paintStations() {
  const chips = stations.map((s) => {
    const chip = element('button', { type: 'button', className: `station ${s.state}`, title: s.reason ?? s.model, onclick: () => chooseStation(s.station) },
      element('b', { textContent: s.station }),
      element('small', {}, ...(s.state === 'WAITING' ? [s.reason ?? say('WAITING')] : [
        s.state === 'IDLE' ? say('IDLE') : say('perSecond', s.framesPerSecond),
        `✓ ${s.accepted}`, `✕ ${s.rejected}`, `? ${s.review}`,
      ]).map((text) => element('span', { textContent: text }))));
    chip.setAttribute('aria-pressed', String(s.station === station));
    return chip;
  });
  const focused = document.activeElement?.closest?.('.station');
  const index = focused ? [...at('stations').children].indexOf(focused) : -1;
  at('stations').replaceChildren(...chips);
  if (index >= 0) at('stations').children[index]?.focus();
  at('link').textContent = say(connected ? 'connected' : 'lost');
  at('link').classList.toggle('lost', !connected);
}

function chooseStation(name) {
  station = station === name ? '' : name;
  live = true;
  paint();
}

function pick(verdict) {
  live = false;
  show(verdict);
  paintList();
}

function step(by) {
  const all = listed();
  if (!all.length) return;
  const now = shown ? all.findIndex((verdict) => key(verdict) === key(shown)) : -1;
  pick(all[Math.min(Math.max(now + by, 0), all.length - 1)]);
}

function follow(on) {
  live = on;
  paint();
}

function take(verdict) {
  const known = verdicts.findIndex((other) => key(other) === key(verdict));
  if (known >= 0) verdicts.splice(known, 1, { overrule: verdicts[known].overrule, ...verdict });
  else verdicts.unshift(verdict);
  verdicts.length = Math.min(verdicts.length, MOST);
}

function takeOverrule(overrule) {
  const verdict = verdicts.find((other) => key(other) === key(overrule));
  if (!verdict) return;
  verdict.overrule = overrule;
  if (shown && key(shown) === key(verdict)) show(verdict);
  paintList();
}

async function overrule(decision) {
  const target = shown;
  if (!target || decisionOf(target) === decision) return;
  if (live && performance.now() - shownSince < SETTLED_MS) {
    follow(false);
    toast(say('changed'));
    return;
  }
  try {
    const { overrule: taken } = await call('overrules', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'X-Karu': '1' },
      body: JSON.stringify({ station: target.station, frame: target.frame, decision, note: '' }),
    });
    takeOverrule(taken);
    toast(say('recorded', say(decision), target.frame));
  } catch (error) {
    toast(say('failed', error.message));
  }
}

async function reload() {
  try {
    verdicts = (await call('verdicts')).verdicts;
  } catch (error) {
    verdicts = [];
    toast(error.message);
  }
  if (shown) show(verdicts.find((verdict) => key(verdict) === key(shown)) ?? shown);
  paint();
}

function connect() {
  const source = new EventSource('api/events');
  source.onopen = () => { connected = true; reload(); };
  source.addEventListener('verdict', (event) => { take(JSON.parse(event.data)); paint(); });
  source.addEventListener('overrule', (event) => takeOverrule(JSON.parse(event.data)));
  source.addEventListener('stations', (event) => {
    stations = JSON.parse(event.data).stations;
    paintBlank();
    paint();
  });
  source.addEventListener('reload', reload);
  source.onerror = () => {
    connected = false;
    paintStations();
    if (source.readyState === EventSource.CLOSED) setTimeout(connect, 3000);
  };
}

function translate() {
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
  for (const node of document.querySelectorAll('[data-word]')) node.textContent = say(node.dataset.word);
  at('language').textContent = say('other');
  at('theme').title = say('theme');
  at('theme').setAttribute('aria-label', say('theme'));
  at('keys').replaceChildren(...say('keys').map(([name, what]) =>
    element('span', {}, element('kbd', { textContent: name }), ` ${what}`)));
  paintVerdict();
  paintBlank();
  paint();
}

function theme(next) {
  document.documentElement.dataset.theme = next;
  localStorage.setItem('karu.theme', next);
}

function setOpacity(percent) {
  at('opacity').value = percent;
  stage.opacity = percent / 100;
  stage.draw();
}

function setBoxes(on) {
  at('boxes').checked = on;
  stage.boxes = on;
  stage.draw();
}

const keys = {
  a: () => overrule('ACCEPT'),
  r: () => overrule('REJECT'),
  l: () => follow(!live),
  h: () => setOpacity(at('opacity').value > 0 ? 0 : 55),
  b: () => setBoxes(!at('boxes').checked),
  ArrowDown: () => step(1),
  ArrowUp: () => step(-1),
  ArrowRight: () => step(1),
  ArrowLeft: () => step(-1),
  Escape: () => follow(true),
};

function release() {
  pressed = false;
  paint();
}

document.addEventListener('pointerdown', () => { pressed = true; });
for (const end of ['pointerup', 'pointercancel']) document.addEventListener(end, () => setTimeout(release)); // after the click
window.addEventListener('blur', release);
document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat && !event.key.startsWith('Arrow')) return;
  if (event.target.type === 'range' && event.key.startsWith('Arrow')) return;
  const action = keys[event.key] ?? keys[event.key.toLowerCase()];
  if (!action) return;
  event.preventDefault();
  action();
});
at('accept').onclick = () => overrule('ACCEPT');
at('reject').onclick = () => overrule('REJECT');
at('live').onclick = () => follow(!live);
at('opacity').oninput = (event) => setOpacity(event.target.value);
at('boxes').onchange = (event) => setBoxes(event.target.checked);
at('language').onclick = () => { switchLanguage(); translate(); };
at('theme').onclick = () => theme(document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark');

theme(localStorage.getItem('karu.theme') ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'));
at('list').setAttribute('role', 'listbox');
translate();
call('session').then(({ operator }) => { at('operator').textContent = operator; }).catch((error) => toast(error.message));
connect();
// A station that is in a hurry may leave verdicts out of the live stream; the journal has them all.
setInterval(() => { if (connected) reload(); }, RELOAD_MS);
