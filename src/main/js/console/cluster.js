// The cluster as one of its nodes knows it: who is there, and which node owns which shard.

const EVERY_MS = 5_000;

function cell(text, tag = 'td') {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}

/** Greens to violets: red is for shards that nobody owns. */
const HUE_MIN = 150;
const HUE_RANGE = 150;

/** The same hue for the same node, the nodes of a cluster spread evenly over the calm ones. */
function hues(nodes) {
  return new Map(nodes.map(({ node }, i) => [node, Math.round(HUE_MIN + ((i + 0.5) * HUE_RANGE) / nodes.length)]));
}

/** Asks `/api/cluster` from now on, and shows the answers. */
export function watchCluster(element, token) {
  const show = ({ node: self, nodes, shards }) => {
    const hueOf = hues(nodes);
    element('cluster-nodes').replaceChildren(...nodes.map(({ node, state, address, shards: owned }) => {
      const row = document.createElement('tr');
      const name = cell(node === self ? `${node} (this one)` : node, 'th');
      name.scope = 'row';
      name.style.setProperty('--hue', hueOf.get(node));
      row.append(name, cell(state), cell(address || '–'), cell(owned));
      return row;
    }));
    element('cluster-shards').replaceChildren(...shards.map(({ shard, owner, epoch }) => {
      const square = document.createElement('i');
      square.title = `shard ${shard}: ${owner ?? 'nobody'}, epoch ${epoch}`;
      if (hueOf.has(owner)) {
        square.style.setProperty('--hue', hueOf.get(owner));
      } else {
        square.className = 'lost';
      }
      return square;
    }));
    const lost = shards.filter(({ owner }) => !hueOf.has(owner)).length;
    const highest = Math.max(0, ...shards.map(({ epoch }) => epoch));
    element('cluster-sum').textContent =
      `${shards.length} shards, ${lost} without an owner, highest epoch ${highest}`;
  };
  const ask = async () => {
    try {
      const held = token();
      const answer = await fetch('/api/cluster', {
        headers: held ? { Authorization: `Bearer ${held}` } : {},
        signal: AbortSignal.timeout(EVERY_MS),
      });
      if (answer.ok) {
        show(await answer.json());
      } else {
        element('cluster-sum').textContent = `no answer (${answer.status})`;
      }
    } catch {
      // What is on the page may be out of date then, and says so.
      element('cluster-sum').textContent = 'no answer';
    }
    setTimeout(ask, EVERY_MS);
  };
  element('cluster').hidden = false;
  ask();
}
