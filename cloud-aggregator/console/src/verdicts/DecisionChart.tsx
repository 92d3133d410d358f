import { useMemo } from 'react';
import type { Schemas, Verdict } from '../api/client';
import { Chart, token } from '../elements/Chart';
import { useFormat } from '../elements/Quantity';
import { useWords } from '../i18n';

const decisions: Schemas['Decision'][] = ['ACCEPT', 'REVIEW', 'REJECT'];
const colours: Record<Schemas['Decision'], string> = {
  ACCEPT: '--pf-t--global--color--status--success--default',
  REVIEW: '--pf-t--global--color--status--warning--default',
  REJECT: '--pf-t--global--color--status--danger--default',
};
const buckets = 40;
const steps = [1, 2, 5, 10, 30, 60, 300, 600, 1800, 3600, 21600, 86400];

/** How the verdicts that are listed are spread over time. */
export function DecisionChart({ verdicts }: { verdicts: Verdict[] }) {
  const { t } = useWords();
  const { time } = useFormat();
  const option = useMemo(() => {
    const times = verdicts.map((verdict) => new Date(verdict.decidedAt).getTime() / 1000);
    const last = Math.max(...times);
    const span = last - Math.min(...times);
    const step = steps.find((candidate) => span / candidate <= buckets - 1) ?? Math.ceil(span / (buckets - 1));
    const end = Math.floor(last / step);
    const starts = Array.from({ length: buckets }, (_, i) => (end - buckets + 1 + i) * step);
    return {
      grid: { left: 28, right: 4, top: 6, bottom: 4 },
      tooltip: { trigger: 'axis', axisPointer: { type: 'shadow' } },
      xAxis: {
        type: 'category',
        data: starts.map((start) => time(new Date(start * 1000).toISOString())),
        axisLabel: { show: false },
        axisTick: { show: false },
        axisLine: { lineStyle: { color: token('--pf-t--global--border--color--default') } },
      },
      yAxis: {
        type: 'value',
        minInterval: 1,
        splitNumber: 2,
        axisLabel: { color: token('--pf-t--global--text--color--subtle') },
        splitLine: { lineStyle: { color: token('--pf-t--global--border--color--default') } },
      },
      series: decisions.map((decision) => ({
        name: t(`decision.${decision}`),
        type: 'bar',
        stack: 'decisions',
        color: token(colours[decision]),
        data: starts.map(
          (start) =>
            verdicts.filter(
              (verdict, i) => verdict.decision === decision && times[i]! >= start && times[i]! < start + step,
            ).length,
        ),
      })),
    };
  }, [verdicts, t, time]);
  return <Chart option={option} height={72} label={t('verdicts.chart')} />;
}
