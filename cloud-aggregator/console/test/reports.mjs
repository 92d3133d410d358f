// A model version with the reports that docs/contracts.md, 8 describes: anomalies on magnetic tiles, made up but plausible.
import { png } from './fixture.mjs';

const digest = 'sha256:' + '7c41d09e'.repeat(8);
const parent = 'sha256:' + '51aa93f0'.repeat(8);
const chosen = 'sha256:' + 'e2b70c55'.repeat(8);
const day = '2026-01-02T09:30:00Z';

/** Smooth noise that looks like a ground tile. */
function texture(seed) {
  return (x, y) => {
    let value = 118;
    for (const [scale, weight] of [[3, 9], [9, 14], [31, 18]]) value += weight * Math.sin((x * 1.7 + seed * 13) / scale) * Math.cos((y * 1.3 - seed * 7) / scale);
    return value + ((x * 73 + y * 151 + seed * 31) % 17) - 8;
  };
}

const flaws = {
  good: () => 0,
  blowhole: (x, y) => (Math.hypot(x - 150, y - 96) < 13 ? -85 : 0),
  crack: (x, y) => (Math.abs(y - 60 - x * 0.45 - 6 * Math.sin(x / 9)) < 2.2 && x > 40 && x < 190 ? -75 : 0),
  fray: (x, y) => (x > 150 && y > 150 && (x * 7 + y * 3) % 23 < 11 ? 55 : 0),
};

function sample(keep, seed, truth, decided, score, note, findings = []) {
  const ground = texture(seed);
  const flaw = flaws[truth];
  const clamp = (value) => Math.max(0, Math.min(255, Math.round(value)));
  const image = png(224, 224, (x, y) => clamp(ground(x, y) + flaw(x, y)));
  const heat = png(56, 56, (x, y) => {
    let hot = 0;
    for (let dx = -8; dx <= 8; dx += 4) for (let dy = -8; dy <= 8; dy += 4) hot += Math.abs(flaw(x * 4 + dx, y * 4 + dy)) / 25;
    return clamp((hot / 25) * 700 * score + 14 + ((x * 5 + y * 11 + seed) % 7) * 3);
  });
  const mask = png(224, 224, (x, y) => (flaw(x, y) ? 255 : 0));
  return { frame: `exp${(seed % 6) + 1}_num_${40000 + seed * 173}.jpg`, data: 'magnetic-tiles', truth, decided, score, threshold: 0.5, wrong: (truth === 'good') !== (decided === 'good'), note, image: keep(image), heatMap: keep(heat), mask: keep(mask), findings };
}

const metric = (name, value, half, more = {}) => ({ name, value, low: Math.max(0, value - half), high: Math.min(1, value + half * 0.8), confidence: 0.95, data: 'magnetic-tiles', split: 'differnet', samples: 859, ...more });

const decay = (from, to, speed, wobble) =>
  Array.from({ length: 60 }, (_, i) => [i + 1, to + (from - to) * Math.exp(-i / speed) + wobble * Math.sin(i * 2.3) * Math.exp(-i / 40)]);

const head = (kind, command) => ({
  contract: 1,
  kind,
  model: { name: 'tiles', version: '3', digest },
  createdAt: day,
  command,
  seed: 7,
  seconds: kind === 'training' ? 3187.4 : 212.6,
  machine: { processor: 'AMD EPYC 9R14', cores: 2, cpuFlags: ['avx2', 'avx512_vnni'], memoryBytes: 25_000_000_000, load: 0.4 },
  data: [{ name: 'magnetic-tiles', split: 'differnet', part: kind === 'training' ? 'training' : 'test', digest: 'sha256:' + 'ab'.repeat(32), items: kind === 'training' ? 485 : 859 }],
});

function training() {
  return {
    ...head('training', './karu train anomaly --data magnetic-tiles --seed 7'),
    notes: ['Stopped early after 60 of 120 epochs: nothing had improved for 15.'],
    curves: [
      { name: 'loss', axis: 'epoch', best: 45, series: [{ name: 'training', points: decay(1.4, 0.08, 9, 0.02) }, { name: 'validation', points: decay(1.5, 0.13, 10, 0.06) }] },
      { name: 'validation image AUROC', axis: 'epoch', best: 45, series: [{ name: 'student–teacher', points: decay(0.62, 0.981, 8, -0.02) }] },
      { name: 'learning rate', axis: 'epoch', scale: 'log', series: [{ name: 'learning rate', points: Array.from({ length: 60 }, (_, i) => [i + 1, 0.002 * 0.93 ** i]) }] },
    ],
  };
}

function evaluation(keep) {
  return {
    ...head('evaluation', './karu evaluate tiles-3 --data magnetic-tiles'),
    metrics: [
      metric('image AUROC', 0.9812, 0.009),
      metric('image AUROC', 0.6344, 0.03, { baseline: true }),
      metric('image AUROC', 0.9747, 0.012, { split: 'tile-disjoint', samples: 811 }),
      metric('pixel AUROC', 0.9473, 0.007),
      metric('PRO', 0.871, 0.016),
      { name: 'false rejects', value: 0.0125, low: 0.006, high: 0.021, better: 'lower', data: 'magnetic-tiles', split: 'differnet', samples: 467 },
    ],
    curves: [
      { name: 'receiver operating characteristic', axis: 'false rejects', series: [{ name: 'tiles 3', points: Array.from({ length: 51 }, (_, i) => [i / 50, Math.min(1, (i / 50) ** 0.055)]) }, { name: 'mean gray', points: Array.from({ length: 51 }, (_, i) => [i / 50, (i / 50) ** 0.6]) }] },
      { name: 'score of good and bad parts', axis: 'score', series: [{ name: 'good', points: Array.from({ length: 41 }, (_, i) => [i / 40, 90 * Math.exp(-(((i / 40 - 0.22) / 0.1) ** 2))]) }, { name: 'bad', points: Array.from({ length: 41 }, (_, i) => [i / 40, 62 * Math.exp(-(((i / 40 - 0.74) / 0.16) ** 2))]) }] },
    ],
    confusion: { labels: ['good', 'blowhole', 'crack', 'fray'], counts: [[461, 3, 2, 1], [2, 109, 3, 0], [6, 2, 78, 0], [1, 0, 0, 32]] },
    samples: [
      sample(keep, 1, 'crack', 'good', 0.41, 'missed'),
      sample(keep, 2, 'good', 'blowhole', 0.57, 'false reject', [{ label: 'defect', x: 30, y: 120, width: 26, height: 22, score: 0.57 }]),
      sample(keep, 3, 'blowhole', 'blowhole', 0.83, '', [{ label: 'defect', x: 134, y: 80, width: 32, height: 32, score: 0.83 }]),
      sample(keep, 4, 'crack', 'crack', 0.71, '', [{ label: 'defect', x: 44, y: 74, width: 142, height: 78, score: 0.71 }]),
      sample(keep, 5, 'fray', 'fray', 0.92, '', [{ label: 'defect', x: 150, y: 150, width: 74, height: 74, score: 0.92 }]),
      sample(keep, 6, 'good', 'good', 0.12, ''),
    ],
  };
}

function compression() {
  const grid = [
    ['fp32', 'fp32', 'PARENT', '', 0.9812, 29.1, 10.4, 1.0, 4.63, 0, []],
    ['min-max', 'int8', 'PASSED', 'within the budget, but min-max is worse than entropy', 0.9779, 11.4, 2.9, 2.55, 4.63, 0, ['fold batch normalisation']],
    ['percentile', 'int8', 'PASSED', 'within the budget, but percentile is worse than entropy', 0.9786, 11.3, 2.9, 2.57, 4.63, 0.0009, ['fold batch normalisation', 'bias correction']],
    ['entropy', 'int8', 'CHOSEN', 'loses 0.0019 of image AUROC and runs 2.6 times as fast', 0.9793, 11.2, 2.9, 2.6, 4.63, 0.0004, ['fold batch normalisation', 'bias correction', 'AdaRound']],
    ['mse', 'int8', 'PASSED', 'within the budget, but mse is worse than entropy', 0.9788, 11.5, 2.9, 2.53, 4.63, 0.0006, ['fold batch normalisation']],
    ['random-normal', 'int8', 'REFUSED', 'image AUROC 0.952 is 0.0292 below the parent; at most 0.0050 may be lost', 0.952, 11.2, 2.9, 2.6, 4.63, 0.0131, ['fold batch normalisation']],
    ['qat', 'int8', 'PASSED', 'within the budget', 0.9801, 11.9, 2.9, 2.45, 4.63, 0.0002, ['distillation', 'quantization-aware training']],
    ['mixed', 'mixed', 'REFUSED', 'is not faster here: 0.98 times its parent\'s speed (0.95 to 1.02)', 0.9811, 29.6, 8.1, 0.98, 4.63, 0.0001, ['AdaRound', `in floating point: ${Array.from({ length: 14 }, (_, i) => `student/conv_${i * 7}`).join(', ')}`]],
    ['pruned-50', 'int8', 'REFUSED', 'image AUROC 0.969 is 0.0122 below the parent; at most 0.0050 may be lost', 0.969, 6.8, 1.6, 4.28, 2.31, 0.0005, ['pruning', 'recovery', 'bias correction']],
  ];
  const products = ['magnetic-tiles', 'deeppcb', 'boards'];
  const parts = (auroc) => products.flatMap((product, n) => [metric(`image AUROC ${product}`, auroc - 0.05 * n, 0.02), metric(`pixel AUROC ${product}`, auroc - 0.04 - 0.03 * n, 0.02)]);
  const variants = ['one-class', 'unified'].flatMap((scope, unified) =>
    grid.map(([variant, precision, outcome, reason, auroc, p50, mebibytes, speedup, macs, clipped, steps]) => ({
      scope,
      data: unified ? products.join(', ') : 'magnetic-tiles',
      variant,
      precision,
      outcome: unified && outcome === 'CHOSEN' ? 'PASSED' : outcome,
      reason: unified && outcome === 'CHOSEN' ? 'within the budget' : reason,
      digest: outcome === 'CHOSEN' && !unified ? chosen : undefined,
      steps,
      metrics: [metric('image AUROC', auroc - unified * 0.0061, 0.009), metric('pixel AUROC', auroc - 0.035 - unified * 0.005, 0.007), ...(unified ? parts(auroc) : [])],
      latencyMillis: { p50: p50 + unified * 0.6, p99: p50 * 1.24 + unified, runs: 200 },
      speedup,
      memoryBytes: (mebibytes * 4 + 21) * 1048576,
      sizeBytes: Math.round(mebibytes * 1048576),
      macs: Math.round(macs * 1e8),
      parameters: 1_900_000,
      clippedFraction: clipped,
    })),
  );
  return { ...head('compression', './karu compress tiles-3 --calibration good --budget image-auroc:0.005'), metrics: undefined, budget: { metric: 'image AUROC', loss: 0.005, confidence: 0.95 }, calibration: { images: 64, digest: 'sha256:' + 'cd'.repeat(32) }, variants };
}

/** The version as the registry lists it, and its reports with their entries; `keep` stores a picture. */
export function tileReports(keep) {
  const entry = (report, n) => ({ entry: { kind: report.kind, digest: 'sha256:' + String(n).repeat(64), createdAt: report.createdAt, storedAt: report.createdAt, storedBy: 'admin', size: 20000 }, report });
  const earlier = { ...training(), createdAt: '2025-12-20T08:00:00Z', seed: 1, notes: ['Ran to its end.'] };
  return {
    version: {
      name: 'tiles',
      version: '3',
      digest,
      counter: 3,
      card: {
        task: 'ANOMALY_DETECTION',
        labels: ['anomaly'],
        description: 'Student and teacher on magnetic tiles, three scales',
        parameters: { threshold: 0.5, minArea: 20 },
        inputs: [{ name: 'image', type: 'UINT8', shape: [1, 1, 256, 256] }],
        outputs: [{ name: 'score', type: 'FLOAT', shape: [1, 1, 64, 64] }],
        preprocessing: { color: 'GRAY', scaling: 'AREA', fit: 'PAD', fill: 0 },
        metrics: [metric('image AUROC', 0.9812, 0.009), metric('image AUROC', 0.6344, 0.03, { baseline: true }), metric('pixel AUROC', 0.9473, 0.007)],
        lineage: {
          data: [{ name: 'magnetic-tiles', split: 'differnet', part: 'training', digest: 'sha256:' + 'ab'.repeat(32), items: 485 }],
          configuration: { epochs: '120', batch: '8', 'learning rate': '0.002' },
          seed: 7,
          versions: { java: '17.0.15', pytorch: '2.7.1' },
          machine: { processor: 'AMD EPYC 9R14', cores: 2, cpuFlags: ['avx2', 'avx512_vnni'] },
          parent,
          steps: [{ name: 'fold batch normalisation', facts: { nodes: '20' } }],
        },
      },
      size: 10_900_000,
      registeredAt: day,
      registeredBy: 'admin',
      package: { name: 'karu-model-tiles', version: '0.3.0.7c41d09e7c41' },
    },
    reports: [entry(compression(), 4), entry(evaluation(keep), 3), entry(training(), 2), entry(earlier, 1)],
  };
}
