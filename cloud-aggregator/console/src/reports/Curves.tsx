import { Card, CardBody, CardHeader, CardTitle, Gallery } from '@patternfly/react-core';
import { useMemo } from 'react';
import type { Schemas } from '../api/client';
import { axisStyle, Chart, palette, token, tooltipStyle, useThemeName } from '../elements/Chart';
import { useWords } from '../i18n';
import { useFigures } from './Metrics';

type Curve = Schemas['ReportCurve'];

/** Each curve as a chart of its own; the kept position is marked. */
export function Curves({ curves }: { curves: readonly Curve[] }) {
  return (
    <Gallery hasGutter minWidths={{ default: '100%', lg: '26rem' }}>
      {curves.map((curve) => (
        <Card key={curve.name} isCompact>
          <CardHeader>
            <CardTitle component="h3">{curve.name}</CardTitle>
          </CardHeader>
          <CardBody>
            <CurveChart curve={curve} />
          </CardBody>
        </Card>
      ))}
    </Gallery>
  );
}

function CurveChart({ curve }: { curve: Curve }) {
  const { t } = useWords();
  const { figure } = useFigures();
  const theme = useThemeName();
  const option = useMemo(
    () => ({
      grid: { left: 8, right: 16, top: 34, bottom: 26, containLabel: true },
      legend: { top: 0, left: 0, icon: 'roundRect', itemHeight: 4, textStyle: { color: token('--pf-t--global--text--color--regular') } },
      tooltip: { trigger: 'axis', valueFormatter: (value: unknown) => (typeof value === 'number' ? figure(value) : ''), ...tooltipStyle() },
      xAxis: { type: 'value', name: curve.axis, nameLocation: 'middle', nameGap: 24, min: 'dataMin', max: 'dataMax', ...axisStyle() },
      yAxis: { type: curve.scale === 'log' ? 'log' : 'value', scale: true, ...axisStyle() },
      series: curve.series.map((series, index) => ({
        name: series.name,
        type: 'line',
        data: series.points,
        showSymbol: series.points.length < 3,
        color: palette[index % palette.length],
        lineStyle: { width: 2, type: index % 2 ? 'dashed' : 'solid' },
        markLine:
          index === 0 && curve.best !== undefined
            ? {
                symbol: 'none',
                silent: true,
                label: { formatter: t('report.kept'), color: token('--pf-t--global--text--color--subtle') },
                lineStyle: { color: token('--pf-t--global--text--color--subtle'), type: 'dotted' },
                data: [{ xAxis: curve.best }],
              }
            : undefined,
      })),
    }),
    // theme: the colours are read from the page
    [curve, figure, t, theme],
  );
  const ends = curve.series
    .map(({ name, points }) => `${name} ${figure(points.at(-1)?.[1] ?? 0)}`)
    .join(', ');
  return <Chart option={option} height={240} label={t('report.curveEnds', { name: curve.name, ends })} />;
}
