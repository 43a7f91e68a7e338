// What the page does: it asks the API, shows what it says, and asks again when something has changed.

import { Topology } from '/topology.js';

const $ = id => document.getElementById(id);
const state = { token: '', name: null, tab: 'topology', status: { deployments: [] }, condition: null, incidents: [], preview: null, graph: null, count: 0 };

class Refused extends Error { constructor(status, message) { super(message); this.status = status; } }

async function ask(path, options = {}) {
  const headers = { authorization: `Bearer ${state.token}`, ...(options.body ? { 'content-type': 'application/json' } : {}) };
  const response = await fetch(path, { ...options, headers });
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new Refused(response.status, body.diagnostics?.map(one => one.message).join('; ') || response.statusText);
  return body;
}

// Everything that is shown comes from a cloud or a program: it is text, never markup.
function el(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(key, value === true ? '' : value);
  }
  element.append(...children.filter(child => child !== null && child !== undefined && child !== false));
  return element;
}

const shown = value => value === undefined || value === null ? 'not set' : typeof value === 'string' ? value : JSON.stringify(value, null, 1).replace(/\n\s*/g, ' ');
const lowered = name => name.replace(/^[A-Z]+(?=[A-Z][a-z])|^[A-Z]/, first => first.toLowerCase());
const when = ms => new Date(ms).toLocaleString(undefined, { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit' });
function ago(ms) {
  const seconds = Math.max(0, Math.round((Date.now() - ms) / 1000));
  return seconds < 60 ? `${seconds} s` : seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}
function span(ms) { return ms < 1000 ? `${ms} ms` : ms < 120000 ? `${Math.round(ms / 1000)} s` : ms < 7200000 ? `${Math.round(ms / 60000)} min` : `${Math.round(ms / 3600000)} h`; }
const about = incident => incident.path ? incident.path + (incident.property ? `.${lowered(incident.property)}` : '') : incident.property || 'everything';

const topology = new Topology($('drawing'), detail);

function detail(node, graph, at) {
  const panel = $('detail');
  panel.hidden = !node;
  if (!node) return;
  const resource = current()?.resources.find(one => one.path === node.path);
  const drift = (state.condition?.drift || []).filter(one => one.path === node.path);
  const to = graph.edges.filter(([from]) => from === at).map(([, other]) => other), from = graph.edges.filter(([, other]) => other === at).map(([other]) => other);
  const link = other => el('a', { onclick: () => topology.select(other) }, graph.nodes[other].path);
  panel.replaceChildren(
    el('button', { class: 'close', 'aria-label': 'Close', onclick: () => topology.select(at) }, '✕'),
    el('h2', {}, node.path), el('div', { class: 'mono' }, node.type),
    el('dl', {},
      el('dt', {}, 'State'), el('dd', {}, resource?.state || (node.existing ? 'not ours' : 'not made yet')),
      el('dt', {}, 'Id'), el('dd', { class: 'mono' }, resource?.physicalId || '–'),
      el('dt', {}, 'Class'), el('dd', {}, node.class),
      el('dt', {}, 'Written'), el('dd', { class: 'mono' }, node.file ? `${node.file}:${node.line}` : '–'),
      el('dt', {}, 'Looked at'), el('dd', {}, state.condition?.cadence[node.type] ? `every ${span(state.condition.cadence[node.type])}` : '–')),
    ...drift.map(one => el('div', {}, el('span', { class: `badge ${one.handling}` }, one.handling), ' ', one.property ? lowered(one.property) : 'it is gone', one.property && el('div', { class: 'diff' }, el('code', { class: 'before' }, shown(one.planned)), el('code', { class: 'after' }, shown(one.observed))))),
    to.length ? el('p', {}, el('b', {}, 'Refers to'), ...to.map(link)) : '', from.length ? el('p', {}, el('b', {}, 'Referred to by'), ...from.map(link)) : '',
    ...state.incidents.filter(one => one.path === node.path).slice(0, 5).map(one => el('p', {}, el('span', { class: `badge ${one.handling}` }, one.handling), ` ${one.kind}, ${ago(one.atMs)} ago`, el('br'), el('small', {}, one.reason))));
}

const current = () => state.status.deployments.find(one => one.name === state.name);

function states() {
  const known = new Map();
  for (const resource of current()?.resources || []) known.set(resource.path, resource.state);
  for (const one of state.condition?.drift || []) known.set(one.path, one.property ? 'drift' : 'gone');
  return known;
}

function tile(value, label, kind = '') { return el('div', { class: `tile ${kind}` }, el('b', {}, String(value)), el('span', {}, label)); }

function summary() {
  const deployment = current(), condition = state.condition, open = state.incidents.filter(one => !one.resolvedAtMs).length;
  const failing = (condition?.policies || []).filter(one => one.verdict === 'FAIL').length, drift = condition?.drift.length || 0;
  $('summary').replaceChildren(
    tile(deployment?.state || '–', `generation ${deployment?.generation ?? '–'}`, deployment?.state === 'ready' ? 'good' : 'warn'),
    tile(deployment?.resources.length ?? 0, 'resources'),
    tile(drift, drift === 1 ? 'deviation' : 'deviations', drift ? 'warn' : 'good'),
    tile(open, open === 1 ? 'open incident' : 'open incidents', open ? 'bad' : 'good'),
    tile(failing, failing === 1 ? 'policy fails' : 'policies fail', failing ? 'bad' : 'good'),
    tile(condition?.lookedAtMs ? `${ago(condition.lookedAtMs)}` : '–', 'since the last look'),
    ...(condition?.paused ? [el('div', { class: 'notice' }, `Paused until ${when(condition.paused.untilMs)}: ${condition.paused.reason}`)] : []),
    ...(condition?.blind ? [el('div', { class: 'notice bad' }, `The cloud cannot be looked at: ${condition.blind}`)] : []));
  for (const [name, count] of [['incidents', open], ['policies', failing]]) {
    const button = document.querySelector(`[data-tab=${name}]`);
    button.querySelector('em')?.remove();
    if (count) button.append(el('em', {}, String(count)));
  }
}

function timeline(incidents) {
  const space = 'http://www.w3.org/2000/svg', svg = document.createElementNS(space, 'svg'), now = Date.now();
  const first = Math.min(now - 3600000, ...incidents.map(one => one.atMs)), width = 1000;
  svg.setAttribute('id', 'timeline'); svg.setAttribute('viewBox', `0 0 ${width} 74`); svg.setAttribute('preserveAspectRatio', 'none');
  const at = ms => 20 + (ms - first) / (now - first || 1) * (width - 40);
  const add = (name, attributes, text) => { const one = document.createElementNS(space, name); for (const [key, value] of Object.entries(attributes)) one.setAttribute(key, value); if (text) one.textContent = text; svg.append(one); return one; };
  for (let tick = 0; tick <= 4; tick++) {
    const ms = first + (now - first) * tick / 4, x = at(ms);
    add('line', { x1: x, y1: 10, x2: x, y2: 54 });
    add('text', { x, y: 67, 'text-anchor': tick === 0 ? 'start' : tick === 4 ? 'end' : 'middle' }, tick === 4 ? 'now' : when(ms));
  }
  incidents.forEach((one, number) => {
    const end = one.resolvedAtMs || now, x = at(one.atMs);
    const bar = add('rect', { x, y: 14 + number % 4 * 10, width: Math.max(6, at(end) - x), height: 7, rx: 3.5, class: `mark-${one.handling}` });
    const title = document.createElementNS(space, 'title'); title.textContent = `${one.kind} ${about(one)}: ${one.reason}`; bar.append(title);
  });
  return svg;
}

function incidents() {
  const pane = $('incidents');
  if (!state.incidents.length) return pane.replaceChildren(el('div', { class: 'empty' }, el('b', {}, 'Nothing happened'), 'Reality is as it was declared, and nobody touched it.'));
  pane.replaceChildren(timeline(state.incidents), ...state.incidents.map(one => el('div', { class: 'row' },
    el('time', {}, when(one.atMs)), el('span', { class: `badge ${one.handling}` }, one.handling),
    el('span', { class: 'what' }, `${one.kind} `, el('code', {}, about(one))),
    el('span', { class: 'where mono' }, [one.file && `${one.file}:${one.line}`, one.resolvedAtMs && `after ${span(one.resolvedAtMs - one.atMs)}`].filter(Boolean).join('  ·  ')),
    (one.planned ?? one.observed) !== null && (one.planned ?? one.observed) !== undefined ? el('div', { class: 'diff' }, el('code', { class: 'before' }, `declared ${shown(one.planned)}`), el('code', { class: 'after' }, `found ${shown(one.observed)}`)) : '',
    el('div', { class: 'why' }, one.reason))));
}

function changes() {
  const pane = $('changes'), run = el('button', { class: 'action', onclick: preview }, state.preview ? 'Look again' : 'Compare with reality');
  const head = el('p', {}, run, '  What applying the Plan in force would change, if it were applied now.');
  if (!state.preview) return pane.replaceChildren(head);
  if (state.preview.error) return pane.replaceChildren(head, el('div', { class: 'empty' }, el('b', {}, state.preview.error)));
  const steps = state.preview.changes.changes.steps.filter(step => step.part_of === undefined && step.partOf === undefined);
  if (!steps.length) return pane.replaceChildren(head, el('div', { class: 'empty' }, el('b', {}, 'Nothing to do'), 'Everything is as the Plan says.'));
  pane.replaceChildren(head, ...steps.map(step => el('div', { class: 'row' },
    el('time', {}, `undo: ${step.undo}`), el('span', { class: `badge ${step.action}` }, step.action), el('span', { class: 'what' }, el('code', {}, step.path), ` ${step.type}`),
    el('span', { class: 'where mono' }, step.reasons[0]?.place ? `${step.reasons[0].place.file}:${step.reasons[0].place.line}` : ''),
    ...step.reasons.map(reason => el('div', { class: 'diff' }, el('span', {}, reason.text), reason.before !== undefined && el('code', { class: 'before' }, shown(reason.before)), reason.after !== undefined && el('code', { class: 'after' }, shown(reason.after)))))));
}

async function preview() {
  const deployment = encodeURIComponent(state.name);
  state.preview = await ask(`/v1/deployments/${deployment}/preview`, { method: 'POST', body: JSON.stringify({ wanted: 'continue', simulated: current()?.resources.some(one => one.provider === 'sim') || false }) }).catch(error => ({ error: error.message }));
  changes();
}

function policies() {
  const all = state.condition?.policies || [], pane = $('policies');
  if (!all.length) return pane.replaceChildren(el('div', { class: 'empty' }, el('b', {}, 'No policy is in force'), 'Packs are named in lw.toml, or with --policy.'));
  const rank = ['FAIL', 'UNDECIDED', 'PASS', 'SKIP'];
  pane.replaceChildren(...[...all].sort((left, right) => rank.indexOf(left.verdict) - rank.indexOf(right.verdict)).map(one => el('details', { class: 'policy', open: one.verdict === 'FAIL' },
    el('summary', {}, el('span', { class: `badge ${one.verdict}` }, one.verdict), el('span', {}, el('b', {}, one.id), one.title ? ` ${one.title}` : ''), el('span', { class: 'where' }, `${one.resources.length} looked at`)),
    el('ul', {}, ...one.resources.filter(item => item.verdict !== 'PASS').map(item => el('li', {}, el('b', {}, item.path || 'the whole'), ` ${item.verdict} ${item.reason || item.waived || ''}`))))));
}

async function history() {
  const body = await ask(`/v1/deployments/${encodeURIComponent(state.name)}/history?most=1000`).catch(error => ({ events: [], error: error.message }));
  const line = event => ({
    began: () => `generation ${event.generation} begins`, intended: () => `intends to ${event.verb} ${event.path}`, closed: () => `${event.path} is ${event.state}${event.problem ? ': ' + event.problem : ''}`,
    recorded: () => `${event.path}: ${event.text}`, ended: () => `generation ${event.generation} ends: ${event.done} done, ${event.failed} failed`, noted: () => `${event.kind} ${JSON.stringify(event.detail)}`,
  }[event.event] || (() => event.event))();
  $('history').replaceChildren(...body.events.reverse().slice(0, 300).map(event => el('div', { class: 'row' }, el('time', {}, when(event.atMs)), el('span', { class: 'badge SKIP' }, event.event), el('span', {}, line(event)), el('span', { class: 'where mono' }, event.hash.slice(0, 10)))));
}

function render() {
  $('deployments').replaceChildren(...state.status.deployments.map(one => el('button', { 'aria-current': one.name === state.name, onclick: () => choose(one.name) }, el('i', { class: `dot ${one.state}` }), one.name)));
  summary();
  for (const button of document.querySelectorAll('#tabs button')) button.setAttribute('aria-selected', button.dataset.tab === state.tab);
  for (const pane of document.querySelectorAll('.pane')) pane.hidden = pane.id !== state.tab;
  if (state.tab === 'topology' && state.graph) topology.show(state.graph, states());
  ({ incidents, changes, policies, history, topology: () => {} })[state.tab]();
}

async function refresh() {
  state.status = await ask('/v1/deployments');
  if (!current()) state.name = state.status.deployments[0]?.name ?? null;
  if (!state.name) { $('summary').replaceChildren(el('div', { class: 'notice' }, 'No deployment yet: lw apply makes one.')); return; }
  const name = encodeURIComponent(state.name);
  const [condition, list, graph] = await Promise.all([ask(`/v1/deployments/${name}/condition`), ask(`/v1/incidents?deployment=${name}&most=200`), ask(`/v1/deployments/${name}/graph`)]);
  Object.assign(state, { condition, incidents: list.incidents, graph });
  render();
}

async function choose(name) { state.name = name; state.preview = null; $('detail').hidden = true; await refresh(); }

async function follow() {
  for (;;) {
    try {
      const { count } = await ask(`/v1/changes?after=${state.count}`);
      if (count !== state.count) { state.count = count; await refresh(); }
      $('live').classList.remove('off'); $('live').textContent = 'live';
    } catch (error) {
      if (error.status === 401) return gate('This token is not known any more.');
      $('live').classList.add('off'); $('live').textContent = 'not connected';
    }
    // A busy Conductor changes many times a second; people do not.
    await new Promise(done => setTimeout(done, 700));
  }
}

function gate(message) { $('main').hidden = true; $('gate').hidden = false; $('refusal').textContent = message || ''; $('secret').focus(); }

async function enter(token) {
  state.token = token.trim();
  const me = await ask('/v1/me');
  sessionStorage.setItem('token', state.token);
  $('who').textContent = `${me.name} · ${me.role}`;
  $('gate').hidden = true; $('main').hidden = false;
  await refresh();
  follow();
}

$('gate').addEventListener('submit', event => { event.preventDefault(); enter($('secret').value).catch(error => gate(error.status === 401 ? 'This token is not known.' : error.message)); });
$('tabs').addEventListener('click', event => { const tab = event.target.closest('button')?.dataset.tab; if (tab) { state.tab = tab; location.hash = tab; render(); if (tab === 'topology') topology.fit(); } });
$('filter').addEventListener('input', event => topology.filter(event.target.value));
$('fit').addEventListener('click', () => topology.fit());
addEventListener('resize', () => topology.fit());
setInterval(() => state.condition && !$('main').hidden && summary(), 1000);

// `#token=…` is how `lw conduct` opens the page; it does not stay in the address.
const given = new URLSearchParams(location.hash.slice(1)), wanted = location.hash.slice(1);
if (given.get('tab') || ['incidents', 'changes', 'policies', 'history'].includes(wanted)) state.tab = given.get('tab') || wanted;
const token = given.get('token') || sessionStorage.getItem('token');
if (given.get('token')) window.history.replaceState(null, '', `/#${state.tab}`);
if (token) enter(token).catch(error => gate(error.status === 401 ? 'This token is not known.' : error.message)); else gate();
