import type { Attribute, Property, Schemas } from '../api/client';
import { propertyOf, type Draft as Value } from '../gateway/values';

export type Plan = Schemas['RolloutPlan'];
export type Artefact = Plan['artefact'];
export type Gate = Schemas['RolloutGate']['kind'];
type Window = NonNullable<Plan['window']>;

export const days = ['MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY', 'SUNDAY'];

/** A plan as a person fills it in; texts hold names or numbers as they are typed. */
export interface Draft {
  sites: string[];
  tags: string[];
  only: string;
  except: string;
  groups: string;
  gates: Gate[];
  window?: Required<Window>;
  atOnce: string;
  kibibytes: string;
  revert: boolean;
  approval: boolean;
}

export const emptyDraft: Draft = {
  sites: [],
  tags: [],
  only: '',
  except: '',
  groups: 'canary, 25%, rest',
  gates: ['install', 'health', 'classes', 'reject-rate'],
  atOnce: '',
  kibibytes: '',
  revert: true,
  approval: false,
};

/** What a plan brings, and how the plan is called after it. */
export interface Chosen {
  name: string;
  artefact: Artefact;
}

/** A value for one attribute of a component. */
export interface Setting {
  pid: string;
  attribute: Attribute;
  draft: Value;
}

const longestName = 256;

/** Without complaints and not empty; one update for each component. */
export function settingsOf(settings: Setting[]): Chosen {
  const updates = new Map<string, Record<string, Property>>();
  for (const { pid, attribute, draft } of settings) updates.set(pid, { ...updates.get(pid), [attribute.id]: propertyOf(attribute, draft) });
  const name = [...updates].map(([pid, properties]) => `${pid}: ${Object.keys(properties).join(', ')}`).join('; ');
  return {
    name: name.slice(0, longestName),
    artefact: { kind: 'configuration', updates: [...updates].map(([pid, properties]) => ({ pid, properties })) },
  };
}

/** What a configuration brings, as a person reads it: `line-1: threshold = 0.7`. */
export function linesOf(artefact: Artefact): string[] {
  if (artefact.kind !== 'configuration') return [];
  return artefact.updates.flatMap(({ pid, properties }) =>
    Object.entries(properties).map(([id, { value }]) => `${pid}: ${id} = ${Array.isArray(value) ? value.join(', ') : String(value ?? '–')}`),
  );
}

export const wordsOf = (text: string) =>
  text
    .split(',')
    .map((word) => word.trim())
    .filter(Boolean);

/** Groups as a person writes them: `canary, 25%, 3, rest`. */
export function groupsOf(text: string): Schemas['RolloutGroupPlan'][] {
  return wordsOf(text).map((name) => {
    if (name === 'canary') return { name, size: { canary: true } };
    if (/^\d+(\.\d+)?%$/.test(name)) return { name, size: { percent: parseFloat(name) } };
    if (/^\d+$/.test(name)) return { name, size: { count: Number(name) } };
    return { name };
  });
}

const numberOf = (text: string, factor = 1) => (text ? Math.round(Number(text) * factor) : undefined);

/** Gates that can judge an artefact: only models run in a shadow. */
export const gatesFor = (kind: Artefact['kind'], gates: Gate[]) => (kind === 'model' ? gates : gates.filter((gate) => gate !== 'agreement'));

export function planOf(draft: Draft, { name, artefact }: Chosen): Plan {
  const perSite = { gatewaysAtOnce: numberOf(draft.atOnce), bytesPerSecond: numberOf(draft.kibibytes, 1024) };
  return {
    name,
    artefact,
    targets: { sites: draft.sites, tags: draft.tags, gateways: wordsOf(draft.only), except: wordsOf(draft.except) },
    groups: groupsOf(draft.groups),
    gates: gatesFor(artefact.kind, draft.gates).map((kind) => ({ kind })) as Schemas['RolloutGate'][],
    window: draft.window,
    perSite: draft.atOnce || draft.kibibytes ? perSite : undefined,
    whenHalted: draft.revert ? 'REVERT' : 'ASK',
    approval: draft.approval,
  } as Plan;
}
