import type { Schemas } from '../api/client';
import { useWords } from '../i18n';

type State = Schemas['RolloutGatewayState'];

/** In the order in which they are stacked. */
const order: State[] = ['CHANGED', 'UNCHANGED', 'SHADOWING', 'CHANGING', 'PREPARING', 'REVERTING', 'REVERTED', 'NOT_REVERTED', 'FAILED', 'LEFT_OUT', 'SCHEDULED'];

/** Gateways of a group by state, as one stacked bar that says its numbers. */
export function GroupBar({ name, counts }: { name: string; counts: Record<string, number> }) {
  const { t } = useWords();
  const total = Object.values(counts).reduce((sum, n) => sum + n, 0);
  const present = order.filter((state) => counts[state]);
  const told = present.map((state) => `${counts[state]} ${t(`rollout.gateway.${state}`)}`).join(', ');
  return (
    <div role="img" aria-label={`${name}: ${told}`}>
      <div className="karu-stack">
        {present.map((state) => (
          <span key={state} className={`karu-stack-${state.toLowerCase()}`} style={{ width: `${(100 * (counts[state] ?? 0)) / total}%` }} />
        ))}
      </div>
      <div className="karu-quiet">{told}</div>
    </div>
  );
}
