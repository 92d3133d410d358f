import type { Lineage } from '../api/client';

type Node = Lineage['nodes'][number];

export interface Placed extends Node {
  column: number;
  row: number;
}

const least: Record<Node['kind'], number> = { DATA: 0, TRAINING: 1, ABSENT: 2, VERSION: 2, STATION: 3 };

/** Columns by the longest way from the data, rows near what a node comes from. */
export function layOut({ nodes, edges }: Lineage): Placed[] {
  const columns = new Map(nodes.map((node) => [node.id, least[node.kind]]));
  for (let pass = 0; pass < nodes.length; pass++) {
    let moved = false;
    for (const { from, to } of edges) {
      const next = (columns.get(from) ?? 0) + 1;
      if (next > (columns.get(to) ?? 0)) {
        columns.set(to, next);
        moved = true;
      }
    }
    if (!moved) break;
  }
  const stations = Math.max(0, ...nodes.map(({ id, kind }) => (kind === 'STATION' ? columns.get(id)! : columns.get(id)! + 1)));
  for (const { id, kind } of nodes) if (kind === 'STATION') columns.set(id, stations);
  const placed: Placed[] = [];
  const rows = new Map<string, number>();
  const used = [...new Set(columns.values())].sort((a, b) => a - b);
  for (const column of used) {
    const here = nodes.filter(({ id }) => columns.get(id) === column);
    const wish = ({ id }: Node) => {
      const before = edges.filter(({ to }) => to === id).map(({ from }) => rows.get(from)).filter((row) => row !== undefined);
      return before.length === 0 ? 0 : before.reduce((sum, row) => sum + row, 0) / before.length;
    };
    let next = 0;
    for (const node of [...here].sort((a, b) => wish(a) - wish(b))) {
      const row = Math.max(next, Math.round(wish(node)));
      rows.set(node.id, row);
      placed.push({ ...node, column: used.indexOf(column), row });
      next = row + 1;
    }
  }
  return placed;
}
