import type { Schemas } from '../api/client';
import type { Translate } from '../i18n';
import type { Metric } from './Metrics';

export type Report = Schemas['Report'];
export type Variant = Schemas['ReportVariant'];

type Budget = NonNullable<Report['budget']>;

/** What may be lost of which figures. */
export const budgetsOf = ({ budgets, budget }: Report): Budget[] => budgets ?? (budget ? [budget] : []);

/** A variant's measured figure of that name; trivial baselines are not the variant's own. */
export const metricOf = (variant: Variant, name: string): Metric | undefined =>
  variant.metrics?.find((metric) => metric.name === name && !metric.baseline);

/** Names of all figures that variants were judged by, the budget's first. */
export function metricNames(report: Report): string[] {
  const { variants = [] } = report;
  const names = new Set(budgetsOf(report).map(({ metric }) => metric));
  for (const variant of variants) for (const metric of variant.metrics ?? []) if (!metric.baseline) names.add(metric.name);
  return [...names].filter((name) => variants.some((variant) => metricOf(variant, name)));
}

/** Figures of which others are the parts, as `PRO` of `PRO tiles`; in a table the parts stand below them. */
export const wholes = (names: readonly string[]) => names.filter((name) => !names.some((other) => name.startsWith(`${other} `)));

/** A variant's figures of single products, by the products' names. */
export const partsOf = (variant: Variant, name: string): [string, Metric][] =>
  (variant.metrics ?? []).filter((metric) => !metric.baseline && metric.name.startsWith(`${name} `)).map((metric) => [metric.name.slice(name.length + 1), metric]);

/** What variants of one scope and data are held against. */
export const parentOf = (variants: readonly Variant[], { scope, data }: Variant) =>
  variants.find((other) => other.outcome === 'PARENT' && other.scope === scope && other.data === data);

/** For each scope with one parent what is just within the budget; none for a figure without one. */
export function limitsOf(variants: readonly Variant[], name: string, budgets: readonly Budget[]): Map<string, number> {
  const limits = new Map<string, number>();
  const most = budgets.find(({ metric }) => metric === name)?.loss;
  if (most === undefined) return limits;
  for (const scope of new Set(variants.map((variant) => variant.scope))) {
    const parents = variants.filter((variant) => variant.scope === scope && variant.outcome === 'PARENT');
    const figure = parents.length === 1 ? metricOf(parents[0]!, name) : undefined;
    if (figure) limits.set(scope, figure.value + (figure.better === 'lower' ? most : -most));
  }
  return limits;
}

/** How much a figure has become worse; positive is worse whichever direction is better. */
export function loss(metric: Metric | undefined, parent: Metric | undefined): number | undefined {
  if (!metric || !parent) return undefined;
  return metric.better === 'lower' ? metric.value - parent.value : parent.value - metric.value;
}

/** One model for one product, or one for all; other words as they are. */
export const scopeName = (scope: string, t: Translate) => (scope === 'one-class' ? t('scope.one-class') : scope === 'unified' ? t('scope.unified') : scope);

/** A variant as a dot of the chart. */
export interface Dot {
  variant: Variant;
  latency: number;
  quality: Metric;
}

export const dots = (variants: readonly Variant[], name: string): Dot[] =>
  variants.flatMap((variant) => {
    const quality = metricOf(variant, name);
    const latency = variant.latencyMillis?.p50;
    return quality && latency !== undefined ? [{ variant, latency, quality }] : [];
  });

/** The dots that no other one beats in both latency and quality, fastest first. */
export function front(all: readonly Dot[]): Dot[] {
  const worth = ({ quality }: Dot) => (quality.better === 'lower' ? -quality.value : quality.value);
  const fastest = [...all].sort((a, b) => a.latency - b.latency || worth(b) - worth(a));
  let best = -Infinity;
  return fastest.filter((dot) => {
    if (worth(dot) <= best) return false;
    best = worth(dot);
    return true;
  });
}
