import type { Schemas } from '../api/client';
import { useFormat } from '../elements/Quantity';
import { useWords } from '../i18n';

/** Rows are the truth, columns what was decided; each cell as dark as its share of the row. */
export function ConfusionTable({ confusion }: { confusion: NonNullable<Schemas['Report']['confusion']> }) {
  const { t } = useWords();
  const { percent } = useFormat();
  const { labels, counts } = confusion;
  return (
    <div className="karu-scroll" tabIndex={0} role="region" aria-label={t('report.confusion')}>
      <table className="karu-confusion">
        <thead>
          <tr>
            <th scope="col" className="karu-quiet">
              {t('report.truthByDecided')}
            </th>
            {labels.map((label) => (
              <th key={label} scope="col">
                {label}
              </th>
            ))}
            <th scope="col" className="karu-quiet">
              {t('report.recall')}
            </th>
          </tr>
        </thead>
        <tbody>
          {counts.map((row, truth) => {
            const all = row.reduce((sum, count) => sum + count, 0);
            return (
              <tr key={labels[truth]}>
                <th scope="row">{labels[truth]}</th>
                {row.map((count, decided) => (
                  <td
                    key={labels[decided]}
                    className={truth === decided ? 'karu-right-cell' : 'karu-wrong-cell'}
                    style={{ '--karu-share': `${all ? Math.round((count / all) * 100) : 0}%` } as React.CSSProperties}
                  >
                    {count || <span className="karu-quiet">0</span>}
                  </td>
                ))}
                <td className="karu-number">{all ? percent((row[truth] ?? 0) / all) : ''}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
