import { Card, CardBody, CardHeader, CardTitle, FormSelect, FormSelectOption, Label } from '@patternfly/react-core';
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table';
import { useState } from 'react';
import { Link } from 'react-router';
import { Facts } from '../elements/Facts';
import { shortDigest, useFormat } from '../elements/Quantity';
import { useWords } from '../i18n';
import { budgetsOf, limitsOf, loss, metricNames, metricOf, parentOf, partsOf, scopeName, wholes, type Report, type Variant } from './compression';
import { useFigures } from './Metrics';
import { ParetoChart } from './ParetoChart';

const statuses = { PARENT: undefined, CHOSEN: 'success', PASSED: 'info', REFUSED: 'danger' } as const;

/** The grid of variants as a chart and as a table. */
export function Compression({ report }: { report: Report }) {
  const { t } = useWords();
  const { figure } = useFigures();
  const { percent } = useFormat();
  const names = metricNames(report);
  const variants = report.variants ?? [];
  const sets = [...new Set(variants.map(({ data }) => data ?? ''))];
  const [metric, setMetric] = useState(names[0] ?? '');
  const [data, setData] = useState('');
  const shown = data ? variants.filter((variant) => variant.data === data) : variants;
  const budgets = budgetsOf(report);
  const { calibration } = report;
  const limits = limitsOf(shown, metric, budgets);
  return (
    <>
      <Facts
        of={[
          [
            t('report.budget'),
            budgets.length > 0 &&
              budgets.map(({ metric: name, loss: most, confidence }) => (
                <div key={name}>
                  {t('report.budgetWords', {
                    metric: name,
                    loss: most === undefined ? '–' : figure(most),
                    confidence: confidence === undefined ? '–' : percent(confidence),
                  })}
                </div>
              )),
          ],
          [t('report.calibration'), calibration?.images !== undefined && t('report.calibrationWords', { n: calibration.images })],
        ]}
      />
      <div className="karu-controls karu-selects">
        <FormSelect value={metric} onChange={(_, value) => setMetric(value)} aria-label={t('report.metric')}>
          {names.map((name) => (
            <FormSelectOption key={name} value={name} label={name} />
          ))}
        </FormSelect>
        {sets.length > 1 && (
          <FormSelect value={data} onChange={(_, value) => setData(value)} aria-label={t('report.data')}>
            <FormSelectOption value="" label={t('report.allData')} />
            {sets.map((name) => (
              <FormSelectOption key={name} value={name} label={name} />
            ))}
          </FormSelect>
        )}
      </div>
      <Card isCompact className="karu-model">
        <CardHeader>
          <CardTitle component="h3">{t('report.pareto')}</CardTitle>
        </CardHeader>
        <CardBody>
          <ParetoChart variants={shown} metric={metric} limits={limits} />
          <p className="karu-quiet">{t('report.paretoHint')}</p>
        </CardBody>
      </Card>
      <Grid model={report.model.name} variants={shown} names={wholes(names)} />
    </>
  );
}

function Grid({ model, variants, names }: { model: string; variants: readonly Variant[]; names: readonly string[] }) {
  const { t } = useWords();
  const { bytes, number, percent, latency } = useFormat();
  const { figure, interval } = useFigures();
  return (
    <div className="karu-scroll" tabIndex={0} role="region" aria-label={t('report.grid')}>
      <Table aria-label={t('report.grid')} variant="compact" gridBreakPoint="">
        <Thead>
          <Tr>
            {[t('report.scope'), t('report.variant'), ...names, t('report.latency'), t('report.speedup'), t('models.col.size'), t('report.macs'), t('report.clipped')].map((title) => (
              <Th key={title} modifier="nowrap">
                {title}
              </Th>
            ))}
          </Tr>
        </Thead>
        <Tbody>
          {variants.map((variant, index) => (
            <Tr key={index} className={variant.outcome === 'CHOSEN' ? 'karu-chosen' : undefined}>
              <Td>
                <div className="karu-scope">{scopeName(variant.scope, t)}</div>
                <div className="karu-quiet">{variant.data}</div>
              </Td>
              <Td>
                <span className="karu-nowrap">
                  <strong>{variant.variant}</strong> <span className="karu-quiet">{variant.precision}</span>{' '}
                  <Label isCompact status={statuses[variant.outcome]} variant={variant.outcome === 'PARENT' ? 'outline' : 'filled'}>
                    {t(`outcome.${variant.outcome}`)}
                  </Label>{' '}
                  {variant.digest && (
                    <Link to={`/models/${encodeURIComponent(model)}/${variant.digest}`}>
                      <code className="karu-digest">{shortDigest(variant.digest)}</code>
                    </Link>
                  )}
                </span>
                {variant.reason && <div className="karu-quiet karu-why">{variant.reason}</div>}
                {variant.steps && variant.steps.length > 0 && <Steps of={variant.steps} />}
              </Td>
              {names.map((name) => {
                const metric = metricOf(variant, name);
                const parent = parentOf(variants, variant);
                const worse = loss(metric, parent && metricOf(parent, name));
                return (
                  <Td key={name} className="karu-number">
                    {metric && (
                      <>
                        <span className="karu-nowrap">
                          <strong>{figure(metric.value)}</strong>{' '}
                          {variant.outcome !== 'PARENT' && worse !== undefined && <Change worse={worse} />}
                        </span>
                        <div className="karu-quiet karu-nowrap">{interval(metric)}</div>
                      </>
                    )}
                    {partsOf(variant, name).map(([part, { value }]) => (
                      <div key={part} className="karu-quiet karu-nowrap">
                        {part} {figure(value)}
                      </div>
                    ))}
                  </Td>
                );
              })}
              <Td className="karu-number karu-nowrap">
                {variant.latencyMillis && (
                  <>
                    {latency(variant.latencyMillis.p50)}
                    {variant.latencyMillis.p99 !== undefined && <div className="karu-quiet">p99 {latency(variant.latencyMillis.p99)}</div>}
                  </>
                )}
              </Td>
              <Td className="karu-number karu-nowrap">{variant.speedup !== undefined && `${number(variant.speedup, 2)} ×`}</Td>
              <Td className="karu-number karu-nowrap">
                {variant.sizeBytes !== undefined && bytes(variant.sizeBytes)}
                {variant.memoryBytes !== undefined && <div className="karu-quiet">{t('report.inMemory', { size: bytes(variant.memoryBytes) })}</div>}
              </Td>
              <Td className="karu-number karu-nowrap">{variant.macs !== undefined && `${number(variant.macs / 1e6, 0)} M`}</Td>
              <Td className="karu-number">{variant.clippedFraction !== undefined && percent(variant.clippedFraction, 2)}</Td>
            </Tr>
          ))}
        </Tbody>
      </Table>
    </div>
  );
}

const longStep = 60;

/** What was done, in order; a step that names many layers is shown whole when asked. */
function Steps({ of }: { of: readonly string[] }) {
  const short = of.map((step) => (step.length > longStep ? `${step.slice(0, longStep)}…` : step)).join(' → ');
  const whole = of.join(' → ');
  if (short === whole) return <div className="karu-quiet karu-why">{whole}</div>;
  return (
    <details className="karu-quiet karu-why">
      <summary>{short}</summary>
      <div>{whole}</div>
    </details>
  );
}

/** How much worse or better than the parent, in points. */
function Change({ worse }: { worse: number }) {
  const { t } = useWords();
  const { number } = useFormat();
  const points = worse * 100;
  if (Math.abs(points) < 0.005) return <span className="karu-quiet">±0</span>;
  return <span title={t('report.points')} className={`karu-nowrap ${points > 0 ? 'karu-wrong' : 'karu-good'}`}>{`${points > 0 ? '−' : '+'}${number(Math.abs(points), 2)}`}</span>;
}
