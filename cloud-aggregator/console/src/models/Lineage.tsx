import { Label } from '@patternfly/react-core';
import { useMemo } from 'react';
import { Link } from 'react-router';
import type { Lineage as Graph } from '../api/client';
import { useLineage } from '../api/queries';
import { Digest } from '../elements/Quantity';
import { Reading } from '../elements/Reading';
import { useWords } from '../i18n';
import { pathOf } from './card';
import { layOut, type Placed } from './lineage';

const width = 178;
const height = 80;
const across = 222;
const down = 132;
/** Above the first row, for what happened on the way. */
const above = 36;
/** Under the last row, for lines that pass below others. */
const below = 40;

/** Data, training runs, versions, what was made of them, and the stations that decide with them. */
export function Lineage({ name }: { name: string }) {
  return <Reading query={useLineage(name)}>{(graph) => <Drawing name={name} graph={graph} />}</Reading>;
}

function Drawing({ name, graph }: { name: string; graph: Graph }) {
  const { t } = useWords();
  const nodes = useMemo(() => layOut(graph), [graph]);
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const size = {
    width: Math.max(0, ...nodes.map(({ column }) => column)) * across + width,
    height: Math.max(0, ...nodes.map(({ row }) => row)) * down + height + above + below,
  };
  return (
    <div className="karu-lineage" role="figure" aria-label={t('models.graphLabel')}>
      <div className="karu-lineage-ground" style={size}>
        <svg {...size} aria-hidden="true">
          {graph.edges.map(({ from, to, what }, index) => {
            const [a, b] = [byId.get(from)!, byId.get(to)!];
            const x1 = a.column * across + width;
            const y1 = above + a.row * down + height / 2;
            const x2 = b.column * across;
            const y2 = above + b.row * down + height / 2;
            const bend = (x2 - x1) / 2;
            const deep = b.column - a.column > 1 ? Math.max(y1, y2) + height : undefined;
            const line = graph.edges.slice(0, index).filter((other) => other.to === to && other.what).length;
            return (
              <g key={index}>
                <path d={`M ${x1} ${y1} C ${x1 + bend} ${deep ?? y1}, ${x2 - bend} ${deep ?? y2}, ${x2} ${y2}`} />
                <text x={x2 + 4} y={y2 - height / 2 - 5 - 13 * line}>
                  {what.length > 30 ? `${what.slice(0, 29)}…` : what}
                  <title>{what}</title>
                </text>
              </g>
            );
          })}
        </svg>
        {nodes.map((node) => (
          <Box key={node.id} name={name} node={node} />
        ))}
      </div>
    </div>
  );
}

function Box({ name, node }: { name: string; node: Placed }) {
  const { t } = useWords();
  const { kind, label, digest, aliases, facts } = node;
  const title = Object.entries(facts)
    .map(([fact, value]) => `${fact} ${value}`)
    .join('\n');
  return (
    <article
      className={`karu-lineage-node karu-lineage-${kind.toLowerCase()}`}
      style={{ left: node.column * across, top: above + node.row * down, width, height }}
      title={title}
      aria-label={`${t(`models.node.${kind}`)} ${label}`}
    >
      <span className="karu-quiet">{t(`models.node.${kind}`)}</span>
      {kind === 'VERSION' ? (
        <Link to={pathOf({ name, digest })}>{label}</Link>
      ) : kind === 'STATION' ? (
        <Link to={`/fleet/${encodeURIComponent(facts['gateway'] ?? '')}`}>{label}</Link>
      ) : (
        <strong>{label}</strong>
      )}
      <span>
        {digest && aliases.length === 0 && <Digest of={digest} />}
        {aliases.map((alias) => (
          <Label key={alias} isCompact color={alias.startsWith('champion') ? 'teal' : 'orange'}>
            {alias}
          </Label>
        ))}
        {kind === 'DATA' && <span className="karu-quiet"> {facts['items']}</span>}
      </span>
    </article>
  );
}
