use super::{Graph, svg, xml};

const STYLE: &str = "
  :root { color-scheme: light dark }
  body { margin: 0; font: 14px system-ui, sans-serif; background: Canvas; color: CanvasText }
  header { position: sticky; top: 0; display: flex; gap: 1em; padding: .6em 1em; background: Canvas; border-bottom: 1px solid #8884 }
  input { font: inherit; flex: 0 1 24em; padding: .2em .5em }
  main { overflow: auto }
  .faded { opacity: .12 }
  .node { cursor: pointer }
  button { font: inherit; min-width: 2em }
  main.fit svg { width: 100%; height: auto }
";

/// Highlights what a node refers to and what refers to it; filters by text.
const SCRIPT: &str = "
  const nodes = [...document.querySelectorAll('.node')], edges = [...document.querySelectorAll('.edge')];
  const show = wanted => {
    nodes.forEach(node => node.classList.toggle('faded', wanted && !wanted.has(node.dataset.node)));
    edges.forEach(edge => edge.classList.toggle('faded', wanted && !(wanted.has(edge.dataset.from) && wanted.has(edge.dataset.to))));
  };
  const around = node => {
    const wanted = new Set([node]);
    const follow = (at, near, far) => edges.forEach(edge => {
      if (edge.dataset[near] === at && !wanted.has(edge.dataset[far])) { wanted.add(edge.dataset[far]); follow(edge.dataset[far], near, far); }
    });
    follow(node, 'from', 'to'); follow(node, 'to', 'from');
    return wanted;
  };
  const main = document.querySelector('main'), picture = document.querySelector('svg');
  const width = picture.width.baseVal.value, height = picture.height.baseVal.value;
  let scale = 1;
  const zoom = to => {
    main.classList.remove('fit'); scale = Math.min(4, Math.max(.1, to));
    picture.setAttribute('width', width * scale); picture.setAttribute('height', height * scale);
  };
  document.querySelector('#in').addEventListener('click', () => zoom(scale * 1.25));
  document.querySelector('#out').addEventListener('click', () => zoom(scale / 1.25));
  document.querySelector('#fit').addEventListener('click', () => zoom(Math.min(1, (innerWidth - 24) / width, (innerHeight - 70) / height)));
  let held = null;
  nodes.forEach(node => node.addEventListener('click', () => {
    held = held === node.dataset.node ? null : node.dataset.node;
    show(held === null ? null : around(held));
  }));
  document.querySelector('input').addEventListener('input', event => {
    const text = event.target.value.toLowerCase();
    show(text ? new Set(nodes.filter(node => node.textContent.toLowerCase().includes(text)).map(node => node.dataset.node)) : null);
  });
";

/// A page that needs nothing from elsewhere.
pub fn html(graph: &Graph) -> String {
    let title = xml(&graph.title);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>{title}</title>\n<style>{STYLE}</style>\n\
         <header><strong>{title}</strong><input type=\"search\" placeholder=\"Filter\" aria-label=\"Filter\">\
         <span><button id=\"out\" aria-label=\"Smaller\">−</button> <button id=\"in\" aria-label=\"Larger\">+</button> <button id=\"fit\">Fit</button></span>\
         <span>{} resources, {} references</span></header>\n<main>\n{}</main>\n<script>{SCRIPT}</script>\n</html>\n",
        graph.nodes.len(),
        graph.edges.len(),
        svg(graph)
    )
}
