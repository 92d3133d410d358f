import { Label } from '@patternfly/react-core';
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table';
import type { Schemas } from '../api/client';
import { useFormat } from '../elements/Quantity';
import { useWords } from '../i18n';

export type Metric = Schemas['ReportMetric'];

/** A figure with its interval, to the digits that mean something. */
export function useFigures() {
  const { number } = useFormat();
  const figure = (value: number) => {
    const magnitude = Math.abs(value);
    return number(value, magnitude >= 1000 ? 0 : magnitude >= 10 ? 1 : magnitude >= 1.05 ? 2 : magnitude >= 0.001 || magnitude === 0 ? 3 : 5);
  };
  const interval = ({ low, high }: Metric) => (low !== undefined && high !== undefined ? `${figure(low)} – ${figure(high)}` : '');
  return { figure, interval };
}

/** Figures, each with its interval as a bar, its data, and the trivial baseline beside it. */
export function Metrics({ metrics }: { metrics: readonly Metric[] }) {
  const { t } = useWords();
  const { figure, interval } = useFigures();
  return (
    <Table aria-label={t('report.metrics')} variant="compact">
      <Thead>
        <Tr>
          <Th>{t('report.metric')}</Th>
          <Th>{t('report.value')}</Th>
          <Th>{t('report.interval')}</Th>
          <Th>{t('report.data')}</Th>
          <Th>{t('report.samplesCounted')}</Th>
        </Tr>
      </Thead>
      <Tbody>
        {metrics.map((metric, index) => (
          <Tr key={index} className={metric.baseline ? 'karu-baseline' : undefined}>
            <Td dataLabel={t('report.metric')}>
              {metric.name}{' '}
              {metric.baseline && (
                <Label isCompact variant="outline">
                  {t('report.baseline')}
                </Label>
              )}
            </Td>
            <Td dataLabel={t('report.value')} className="karu-number">
              <strong>{figure(metric.value)}</strong> {metric.unit}
            </Td>
            <Td dataLabel={t('report.interval')}>
              <IntervalBar metric={metric} words={interval(metric)} />
            </Td>
            <Td dataLabel={t('report.data')}>{[metric.data, metric.split].filter(Boolean).join(' · ')}</Td>
            <Td dataLabel={t('report.samplesCounted')} className="karu-number">
              {metric.samples}
            </Td>
          </Tr>
        ))}
      </Tbody>
    </Table>
  );
}

/** Where a fraction lies between 0 and 1, with its interval; anything else in words only. */
function IntervalBar({ metric, words }: { metric: Metric; words: string }) {
  const { value, low = value, high = value, unit } = metric;
  const fraction = !unit && low >= 0 && high <= 1;
  return (
    <div className="karu-interval">
      {fraction && (
        <svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
          <rect className="karu-interval-ground" x="0" y="4" width="100" height="2" />
          <rect className="karu-interval-range" x={low * 100} y="3" width={Math.max(0.6, (high - low) * 100)} height="4" />
          <rect className="karu-interval-value" x={value * 100 - 0.4} y="0" width="0.8" height="10" />
        </svg>
      )}
      <span className="karu-quiet karu-nowrap">{words}</span>
    </div>
  );
}
