import type { ModelVersion } from '../api/client';
import type { Metric } from '../reports/Metrics';

interface Tensor {
  name: string;
  type: string;
  shape: number[];
}

interface DataUse {
  name: string;
  split?: string;
  part?: string;
  digest?: string;
  items?: number;
}

/** What is read of `model.json` (docs/contracts.md, 4). */
export interface ModelCard {
  task: string;
  description: string;
  labels: string[];
  parameters: Record<string, number>;
  inputs: Tensor[];
  outputs: Tensor[];
  preprocessing?: Record<string, string | number>;
  metrics: Metric[];
  lineage: {
    data?: DataUse[];
    configuration?: Record<string, string>;
    seed?: number;
    versions?: Record<string, string>;
    machine?: { processor?: string; cores?: number; cpuFlags?: string[] };
    parent?: string;
    steps?: { name: string; facts?: Record<string, string> }[];
  };
}

export function cardOf({ card }: ModelVersion): ModelCard {
  const given = card as Partial<ModelCard>;
  return { task: '', description: '', labels: [], parameters: {}, inputs: [], outputs: [], metrics: [], lineage: {}, ...given };
}

export const modelPath = (name: string) => `/models/${encodeURIComponent(name)}`;

export const pathOf = ({ name, digest }: { name: string; digest: string }) => `/models/${encodeURIComponent(name)}/${digest}`;
