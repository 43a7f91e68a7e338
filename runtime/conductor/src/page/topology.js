// The drawing: what is referred to stands left of what refers to it; modules and lists are boxes of their own.

const WIDTH = 190, HEIGHT = 38, GAP_X = 26, GAP_Y = 10, PAD = 14, TITLE = 24, CHANNEL = 110, COLUMN_MAX = 10;
const make = (name, attributes = {}, text) => {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  return element;
};

// By longest path; what closes a circle is left out.
function layers(count, edges) {
  const below = Array.from({ length: count }, () => []);
  for (const [from, to] of edges) if (from !== to) below[from].push(to);
  const layer = new Array(count).fill(-1), open = new Array(count).fill(false);
  for (let root = 0; root < count; root++) {
    const stack = [[root, 0]];
    while (stack.length) {
      const top = stack[stack.length - 1], [node, at] = top;
      if (at === 0) { if (layer[node] >= 0) { stack.pop(); continue; } open[node] = true; }
      if (at < below[node].length) {
        top[1]++;
        const next = below[node][at];
        if (!open[next] && layer[next] < 0) stack.push([next, 0]);
        continue;
      }
      layer[node] = below[node].reduce((most, to) => open[to] && to !== node ? most : Math.max(most, layer[to] + 1), 0);
      open[node] = false;
      stack.pop();
    }
  }
  return layer;
}

// A group as columns of nodes: its own layers, tall ones folded.
function inside(members, edges) {
  const index = new Map(members.map((node, at) => [node, at]));
  const own = edges.filter(([from, to]) => index.has(from) && index.has(to)).map(([from, to]) => [index.get(from), index.get(to)]);
  const layer = layers(members.length, own), columns = [];
  const deepest = Math.max(...layer);
  for (let at = 0; at <= deepest; at++) {
    const column = members.filter((_, member) => layer[member] === at);
    const folds = Math.ceil(column.length / COLUMN_MAX), each = Math.ceil(column.length / folds);
    for (let fold = 0; fold < folds; fold++) columns.push(column.slice(fold * each, (fold + 1) * each));
  }
  return columns;
}

export function layout(graph) {
  const groups = new Map();
  graph.nodes.forEach((node, at) => {
    const key = node.group || '\0' + at;
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(at);
  });
  // The second element of a list comes before the tenth.
  const natural = new Intl.Collator('en', { numeric: true });
  for (const members of groups.values()) members.sort((left, right) => natural.compare(graph.nodes[left].path, graph.nodes[right].path));
  const units = [...groups].map(([key, members]) => {
    const boxed = members.length > 1 && !key.startsWith('\0');
    const columns = boxed ? inside(members, graph.edges) : [members];
    const rows = Math.max(...columns.map(column => column.length));
    const width = columns.length * WIDTH + (columns.length - 1) * GAP_X, height = rows * HEIGHT + (rows - 1) * GAP_Y;
    return { name: boxed ? key : null, members, columns, width: width + (boxed ? 2 * PAD : 0), height: height + (boxed ? PAD + TITLE : 0), inner: height };
  });
  const unitOf = new Array(graph.nodes.length);
  units.forEach((unit, at) => unit.members.forEach(node => { unitOf[node] = at; }));
  const links = graph.edges.map(([from, to]) => [unitOf[from], unitOf[to]]).filter(([from, to]) => from !== to);
  const layer = layers(units.length, links), near = units.map(() => []);
  for (const [from, to] of links) { near[from].push(to); near[to].push(from); }
  // What refers to nothing stands beside its first user.
  units.forEach((_, at) => {
    if (near[at].length && layer[at] === 0) layer[at] = Math.max(0, Math.min(...near[at].map(other => layer[other])) - 1);
  });
  const stacks = [];
  units.forEach((unit, at) => { (stacks[layer[at]] ||= []).push(at); });
  const used = stacks.filter(Boolean), position = new Array(units.length).fill(0);
  used.forEach(stack => stack.forEach((unit, at) => { position[unit] = at; }));
  for (let sweep = 0; sweep < 10; sweep++) {
    for (const stack of sweep % 2 ? [...used].reverse() : used) {
      const wish = unit => near[unit].length ? near[unit].reduce((sum, other) => sum + position[other] / Math.max(1, (stacks[layer[other]] || []).length), 0) / near[unit].length : position[unit] / stack.length;
      const wishes = new Map(stack.map(unit => [unit, wish(unit)]));
      stack.sort((left, right) => wishes.get(left) - wishes.get(right) || left - right);
      stack.forEach((unit, at) => { position[unit] = at; });
    }
  }
  // A tall stack stands in several columns, so that the whole is about as wide as a screen.
  const area = units.reduce((sum, unit) => sum + (unit.width + CHANNEL) * (unit.height + 18), 0), tallest = Math.max(420, Math.sqrt(area / 1.7));
  const places = new Array(graph.nodes.length), boxes = [];
  let x = 0, bottom = 0;
  for (const stack of used) {
    const columns = [[]];
    let height = 0;
    for (const unit of stack) {
      if (height && height + units[unit].height > tallest) { columns.push([]); height = 0; }
      columns[columns.length - 1].push(unit);
      height += units[unit].height + 18;
    }
    columns.forEach((column, number) => {
      const wide = Math.max(...column.map(unit => units[unit].width)), total = column.reduce((sum, unit) => sum + units[unit].height + 18, -18);
      let y = Math.max(0, (tallest - total) / 2);
      for (const unit of column) {
        const one = units[unit], left = x + (one.name ? PAD : 0), top = y + (one.name ? TITLE : 0);
        if (one.name) boxes.push({ name: one.name, count: one.members.length, x, y, width: one.width, height: one.height });
        one.columns.forEach((members, at) => {
          const rest = one.inner - (members.length * (HEIGHT + GAP_Y) - GAP_Y);
          members.forEach((node, row) => { places[node] = { x: left + at * (WIDTH + GAP_X), y: top + rest / 2 + row * (HEIGHT + GAP_Y) }; });
        });
        y += one.height + 18;
        bottom = Math.max(bottom, y);
      }
      x += wide + (number + 1 < columns.length ? GAP_X * 1.5 : CHANNEL);
    });
  }
  return { places, boxes, width: Math.max(x - CHANNEL, 1), height: Math.max(bottom, 1) };
}

const short = (text, most) => text.length > most ? text.slice(0, most - 1) + '…' : text;

export class Topology {
  constructor(svg, choose) {
    this.svg = svg; this.choose = choose; this.view = { x: 0, y: 0, scale: 1 }; this.chosen = null; this.key = '';
    svg.addEventListener('wheel', event => {
      event.preventDefault();
      const box = svg.getBoundingClientRect(), factor = Math.exp(-event.deltaY * .0015), x = event.clientX - box.left, y = event.clientY - box.top;
      const scale = Math.min(3, Math.max(.05, this.view.scale * factor)), real = scale / this.view.scale;
      this.view = { scale, x: x - (x - this.view.x) * real, y: y - (y - this.view.y) * real };
      this.place();
    }, { passive: false });
    let held = null;
    svg.addEventListener('pointerdown', event => { held = { x: event.clientX, y: event.clientY, moved: false }; });
    svg.addEventListener('pointermove', event => {
      if (!held) return;
      const dx = event.clientX - held.x, dy = event.clientY - held.y;
      if (!held.moved && Math.hypot(dx, dy) < 4) return;
      if (!held.moved) { held.moved = true; svg.setPointerCapture(event.pointerId); svg.classList.add('dragging'); }
      this.view.x += dx; this.view.y += dy; held.x = event.clientX; held.y = event.clientY;
      this.place();
    });
    const release = event => {
      if (held && !held.moved) { const node = event.target.closest('.node'); this.select(node ? Number(node.dataset.node) : null); }
      held = null; svg.classList.remove('dragging');
    };
    svg.addEventListener('pointerup', release);
    svg.addEventListener('pointercancel', () => { held = null; svg.classList.remove('dragging'); });
  }

  show(graph, states) {
    const key = JSON.stringify([graph.nodes.map(node => node.path), graph.edges]);
    if (key !== this.key) { this.key = key; this.graph = graph; this.chosen = null; this.draw(); this.fit(); }
    graph.nodes.forEach((node, at) => {
      const classes = ['node', node.class, node.existing ? 'existing' : '', states.get(node.path) || '', at === this.chosen ? 'chosen' : ''];
      const keep = this.nodes[at].classList.contains('faded') ? 'faded' : '';
      this.nodes[at].setAttribute('class', [...classes, keep].filter(Boolean).join(' '));
    });
  }

  draw() {
    const { graph } = this, plan = this.plan = layout(graph), root = this.root = make('g');
    for (const box of plan.boxes) {
      const group = make('g', { class: 'group' });
      group.append(make('rect', { x: box.x, y: box.y, width: box.width, height: box.height }), make('text', { x: box.x + PAD, y: box.y + 17 }, `${box.name}  ·  ${box.count}`));
      root.append(group);
    }
    this.edges = graph.edges.map(([from, to]) => {
      const a = plan.places[from], b = plan.places[to], ax = a.x, ay = a.y + HEIGHT / 2, bx = b.x + WIDTH, by = b.y + HEIGHT / 2, bend = Math.max(34, Math.abs(ax - bx) / 2);
      const edge = make('path', { class: 'edge', d: `M${ax},${ay} C${ax - bend},${ay} ${bx + bend},${by} ${bx},${by}` });
      root.append(edge);
      return edge;
    });
    this.nodes = graph.nodes.map((node, at) => {
      const { x, y } = plan.places[at], element = make('g', { class: 'node', 'data-node': at, tabindex: 0 });
      const name = node.group && node.path.startsWith(node.group + '.') ? node.path.slice(node.group.length + 1) : node.path;
      element.append(make('title', {}, `${node.path}\n${node.type}`), make('rect', { x, y, width: WIDTH, height: HEIGHT }), make('circle', { cx: x + 14, cy: y + HEIGHT / 2, r: 4.5 }),
        make('text', { class: 'name', x: x + 27, y: y + 16 }, short(name, 22)), make('text', { class: 'kind', x: x + 27, y: y + 30 }, short(node.type.split('::').slice(1).join(' ') || node.type, 27)));
      element.addEventListener('keydown', event => { if (event.key === 'Enter') this.select(at); });
      root.append(element);
      return element;
    });
    this.svg.replaceChildren(root);
  }

  fit() {
    if (!this.plan) return;
    const box = this.svg.getBoundingClientRect(), scale = Math.min(1.15, (box.width - 48) / this.plan.width, (box.height - 48) / this.plan.height);
    this.view = { scale, x: (box.width - this.plan.width * scale) / 2, y: (box.height - this.plan.height * scale) / 2 };
    this.place();
  }

  place() { const { x, y, scale } = this.view; this.root?.setAttribute('transform', `translate(${x} ${y}) scale(${scale})`); }

  select(at) {
    this.chosen = at === this.chosen ? null : at;
    const near = new Set();
    this.graph.edges.forEach(([from, to], edge) => {
      const lit = this.chosen !== null && (from === this.chosen || to === this.chosen);
      if (lit) { near.add(from); near.add(to); }
      this.edges[edge].setAttribute('class', lit ? 'edge lit' : this.chosen === null ? 'edge' : 'edge faded');
    });
    this.nodes.forEach((node, index) => {
      node.classList.toggle('faded', this.chosen !== null && index !== this.chosen && !near.has(index));
      node.classList.toggle('chosen', index === this.chosen);
    });
    this.choose(this.chosen === null ? null : this.graph.nodes[this.chosen], this.graph, this.chosen);
  }

  filter(text) {
    const wanted = text.toLowerCase();
    this.nodes?.forEach((node, at) => {
      const { path, type } = this.graph.nodes[at];
      node.classList.toggle('faded', Boolean(wanted) && !`${path} ${type}`.toLowerCase().includes(wanted));
    });
    this.edges?.forEach(edge => edge.classList.toggle('faded', Boolean(wanted)));
  }
}
