import type { Schemas } from '../api/client';

export type Plan = Schemas['RolloutPlan'];
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

export function planOf(draft: Draft, version: Schemas['ModelVersion']): Plan {
  const perSite = { gatewaysAtOnce: numberOf(draft.atOnce), bytesPerSecond: numberOf(draft.kibibytes, 1024) };
  return {
    name: `${version.name} ${version.version}`,
    artefact: { kind: 'model', name: version.name, digest: version.digest, alias: 'champion' },
    targets: { sites: draft.sites, tags: draft.tags, gateways: wordsOf(draft.only), except: wordsOf(draft.except) },
    groups: groupsOf(draft.groups),
    gates: draft.gates.map((kind) => ({ kind })) as Schemas['RolloutGate'][],
    window: draft.window,
    perSite: draft.atOnce || draft.kibibytes ? perSite : undefined,
    whenHalted: draft.revert ? 'REVERT' : 'ASK',
    approval: draft.approval,
  } as Plan;
}
