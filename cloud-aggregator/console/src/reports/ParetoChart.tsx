import { useMemo } from 'react';
import { axisStyle, Chart, palette, token, tooltipStyle, useThemeName } from '../elements/Chart';
import { useFormat } from '../elements/Quantity';
import { useWords } from '../i18n';
import { dots, front, scopeName, type Dot, type Variant } from './compression';
import { useFigures } from './Metrics';

interface Props {
  variants: readonly Variant[];
  metric: string;
  /** What is just within the budget, held against a scope's parent. */
  limits: ReadonlyMap<string, number>;
}

const smallest = 8;
const largest = 30;

/** Latencies that are close begin near the fastest: from nought they would be one dot. */
const fastest = ({ min, max }: { min: number; max: number }) => (min > max / 2 ? Math.floor(min * 0.9) : 0);

/** Where a dot's name stands clear of the others: nothing is left of the fastest, and what is beaten lies below. */
const beside = (dot: Dot, best: readonly Dot[]) => (best.length > 1 && dot === best[0] ? 'left' : best.includes(dot) || dot.variant.outcome === 'PARENT' ? 'top' : 'bottom');

/** Quality against latency, the size as the dot; the line joins what nothing else beats in both. */
export function ParetoChart({ variants, metric, limits }: Props) {
  const { t } = useWords();
  const { latency: milliseconds, bytes } = useFormat();
  const { figure, interval } = useFigures();
  const theme = useThemeName();
  const all = useMemo(() => dots(variants, metric), [variants, metric]);
  const best = useMemo(() => front(all), [all]);
  const option = useMemo(() => {
    const biggest = Math.max(...all.map(({ variant }) => variant.sizeBytes ?? 0), 1);
    const size = ({ variant }: Dot) => smallest + (largest - smallest) * Math.sqrt((variant.sizeBytes ?? 0) / biggest);
    const groups = [...new Set(all.map(({ variant }) => variant.scope))];
    const text = token('--pf-t--global--text--color--regular');
    const subtle = token('--pf-t--global--text--color--subtle');
    const ground = token('--pf-t--global--background--color--primary--default');
    return {
      grid: { left: 12, right: 70, top: 64, bottom: 34, containLabel: true },
      legend: { top: 0, left: 0, data: groups.map((group) => scopeName(group, t)), textStyle: { color: text } },
      tooltip: {
        ...tooltipStyle(),
        formatter: ({ data }: { data?: { dot?: Dot } }) => {
          if (!data?.dot) return '';
          const { variant, latency, quality } = data.dot;
          const lines = [
            `${variant.variant} · ${scopeName(variant.scope, t)}`,
            `${metric} ${figure(quality.value)} ${interval(quality) && `(${interval(quality)})`}`,
            `p50 ${milliseconds(latency)}${variant.sizeBytes ? ` · ${bytes(variant.sizeBytes)}` : ''}`,
            t(`outcome.${variant.outcome}`),
          ];
          const words = document.createElement('div');
          for (const line of lines) words.append(Object.assign(document.createElement('div'), { textContent: line }));
          return words;
        },
      },
      xAxis: { type: 'value', name: t('report.latencyAxis'), nameLocation: 'middle', nameGap: 28, min: fastest, ...axisStyle() },
      yAxis: { type: 'value', name: metric, scale: true, ...axisStyle(), axisLabel: { color: subtle, formatter: (value: number) => figure(value) } },
      series: [
        {
          name: t('report.front'),
          type: 'line',
          step: 'end',
          silent: true,
          symbol: 'none',
          z: 1,
          lineStyle: { color: subtle, width: 1.5, type: 'dashed' },
          data: best.map(({ latency, quality }) => [latency, quality.value]),
        },
        ...groups.map((group, index) => {
          const colour = palette[index % palette.length]!;
          return {
            name: scopeName(group, t),
            type: 'scatter',
            symbol: index % 2 ? 'diamond' : 'circle',
            color: colour,
            z: 2,
            markLine: limits.has(group)
              ? {
                  symbol: 'none',
                  silent: true,
                  label: { formatter: t('report.budget'), color: colour, position: 'end' },
                  lineStyle: { color: colour, type: 'dotted', width: 1.5 },
                  data: [{ yAxis: limits.get(group) }],
                }
              : undefined,
            labelLayout: { hideOverlap: true },
            data: all
              .filter(({ variant }) => variant.scope === group)
              .map((dot) => ({
                dot,
                name: dot.variant.variant,
                value: [dot.latency, dot.quality.value],
                symbolSize: size(dot),
                itemStyle:
                  dot.variant.outcome === 'REFUSED'
                    ? { color: ground, borderColor: colour, borderWidth: 2, borderType: 'dashed', opacity: 0.9 }
                    : { color: colour, borderColor: dot.variant.outcome === 'CHOSEN' ? text : ground, borderWidth: dot.variant.outcome === 'CHOSEN' ? 3 : 1, opacity: 0.85 },
                label: {
                  show: dot.variant.outcome === 'CHOSEN' || dot.variant.outcome === 'PARENT' || best.includes(dot),
                  position: beside(dot, best),
                  distance: 6,
                  formatter: dot.variant.variant,
                  color: text,
                  fontWeight: dot.variant.outcome === 'CHOSEN' ? 'bold' : 'normal',
                },
              })),
          };
        }),
      ],
    };
    // theme: the colours are read from the page
  }, [all, best, metric, limits, t, figure, interval, milliseconds, bytes, theme]);
  const words = best.map(({ variant, latency, quality }) => `${variant.variant} ${figure(quality.value)} ${milliseconds(latency)}`).join(', ');
  return <Chart option={option} height={420} label={t('report.paretoLabel', { metric, front: words })} />;
}
