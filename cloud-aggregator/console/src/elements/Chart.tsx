import { BarChart } from 'echarts/charts';
import { AriaComponent, GridComponent, TooltipComponent } from 'echarts/components';
import { init, use, type EChartsCoreOption, type EChartsType } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';
import { useEffect, useRef } from 'react';

use([BarChart, GridComponent, TooltipComponent, AriaComponent, CanvasRenderer]);

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
    chart.current?.setOption({ animation: false, ...option });
  }, [option]);
  return <div ref={container} role="img" aria-label={label} style={{ height }} />;
}

/** The value of a CSS custom property as the page resolves it, for what is drawn on a canvas. */
export const token = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
