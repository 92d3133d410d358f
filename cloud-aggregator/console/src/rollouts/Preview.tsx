import { Alert } from '@patternfly/react-core';
import type { Schemas } from '../api/client';
import { useWords } from '../i18n';
import type { Plan } from './plan';

/** So many are named without asking. */
const FEW = 8;

interface Props {
  plan?: Plan;
  /** What to fill in, shown as long as there is no plan. */
  hint: string;
  groups?: Schemas['RolloutPreview']['groups'];
  error: Error | null;
}

/** How many gateways a plan would change, and which. */
export function Preview({ plan, hint, groups, error }: Props) {
  const { t } = useWords();
  if (!plan) return <p className="karu-quiet">{hint}</p>;
  if (error) return <Alert isInline isPlain variant="warning" title={error.message} />;
  if (!groups) return null;
  const order = plan.groups?.map(({ name }) => name) ?? [];
  const inOrder = Object.entries(groups).sort(([a], [b]) => order.indexOf(a) - order.indexOf(b));
  return (
    <section className="karu-preview" role="status" aria-label={t('rollouts.preview')}>
      <strong>{t('rollouts.matching', { n: inOrder.reduce((n, [, gateways]) => n + gateways.length, 0) })}</strong>
      <ul>
        {inOrder.map(([name, gateways]) => (
          <li key={name}>
            <strong>{name}</strong>
            <span>{gateways.length}</span>
            <Names of={gateways} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Names({ of }: { of: string[] }) {
  const { t } = useWords();
  if (of.length <= FEW) return <span>{of.join(', ')}</span>;
  return (
    <details>
      <summary>{t('rollouts.andMore', { names: of.slice(0, FEW).join(', '), n: of.length - FEW })}</summary>
      {of.slice(FEW).join(', ')}
    </details>
  );
}
