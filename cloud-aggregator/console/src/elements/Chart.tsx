import { BarChart, LineChart, ScatterChart } from 'echarts/charts';
import { AriaComponent, GridComponent, LegendComponent, MarkLineComponent, TooltipComponent } from 'echarts/components';
import { init, use, type EChartsCoreOption, type EChartsType } from 'echarts/core';
import { LabelLayout } from 'echarts/features';
import { CanvasRenderer } from 'echarts/renderers';
import { useEffect, useRef, useSyncExternalStore } from 'react';

use([BarChart, LineChart, ScatterChart, GridComponent, LegendComponent, MarkLineComponent, TooltipComponent, AriaComponent, LabelLayout, CanvasRenderer]);

/** An ECharts chart that follows its container's size. */
export function Chart({ option, height, label }: { option: EChartsCoreOption; height: number; label: string }) {
  const container = useRef<HTMLDivElement>(null);
  const chart = useRef<EChartsType>(null);
  useEffect(() => {
    const made = init(container.current!);
    chart.current = made;
    const observer = new ResizeObserver(() => made.resize());
    observer.observe(container.current!);
    return () => {
      observer.disconnect();
      made.dispose();
    };
  }, []);
  useEffect(() => {
    chart.current?.setOption(
      { animation: false, aria: { enabled: true, label: { description: label } }, textStyle: { fontFamily: getComputedStyle(document.body).fontFamily }, ...option },
      { notMerge: true },
    );
  }, [option, label]);
  return <div ref={container} role="img" aria-label={label} style={{ height }} />;
}

/** The value of a CSS custom property as the page resolves it, for what is drawn on a canvas. */
export const token = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

const subscribe = (changed: () => void) => {
  const observer = new MutationObserver(changed);
  observer.observe(document.documentElement, { attributeFilter: ['class'] });
  return () => observer.disconnect();
};

/** What the theme is called; charts that depend on it are drawn anew when it changes. */
export const useThemeName = () => useSyncExternalStore(subscribe, () => document.documentElement.className);

/** Colours of lines and dots beside each other, told apart also by those who see red and green alike. */
export const palette = ['#0f766e', '#d97706', '#6366f1', '#be185d', '#64748b', '#65a30d'];

/** What axes look like. */
export function axisStyle() {
  const line = token('--pf-t--global--border--color--default');
  const text = token('--pf-t--global--text--color--subtle');
  return {
    axisLabel: { color: text },
    nameTextStyle: { color: text },
    axisLine: { lineStyle: { color: line } },
    splitLine: { lineStyle: { color: line, opacity: 0.6 } },
  };
}

/** What a tooltip looks like. */
export function tooltipStyle() {
  return {
    backgroundColor: token('--pf-t--global--background--color--floating--default') || token('--pf-t--global--background--color--primary--default'),
    borderColor: token('--pf-t--global--border--color--default'),
    textStyle: { color: token('--pf-t--global--text--color--regular') },
  };
}
