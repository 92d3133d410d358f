// What the registry answers in the fixture: aliases that move, a lineage and a comparison.
const ago = (seconds) => new Date(Date.now() - seconds * 1000).toISOString();

/** Routes and their state; `digests` are those of golden-template 1 and 2. */
export function registry(state, [digest1, digest2], problem) {
  const models = {};
  const model = (name) =>
    (models[name] ??= {
      name,
      description: name === 'golden-template' ? 'Compares a board with its template' : '',
      tags: name === 'golden-template' ? { line: '1' } : {},
      versions: state.versions.filter((version) => version.name === name).length,
      aliases: name === 'golden-template' ? [alias('champion', '', digest1, 3), alias('challenger', '', digest2, 1)] : [],
      createdAt: ago(9000),
      createdBy: 'admin',
      updatedAt: ago(60),
      moves: [],
    });
  const alias = (name, site, digest, generation) => ({ alias: name, site, digest, generation, movedAt: ago(60), movedBy: 'rollout 4' });
  const data = 'sha256:' + '5d'.repeat(32);
  const lineage = {
    nodes: [
      { id: 'data:' + data, kind: 'DATA', label: 'deeppcb', digest: data, aliases: [], facts: { items: '6873', split: 'trainval.txt' } },
      { id: 'training:1', kind: 'TRAINING', label: 'training of 1', digest: '', aliases: [], facts: { epochs: '12', seed: '7' } },
      { id: digest1, kind: 'VERSION', label: 'golden-template 1', digest: digest1, aliases: ['champion'], facts: { counter: '1' } },
      { id: digest2, kind: 'VERSION', label: 'golden-template 2', digest: digest2, aliases: ['challenger'], facts: { counter: '2' } },
      { id: 'station:gateway-1/line-1', kind: 'STATION', label: 'gateway-1 · line-1', digest: '', aliases: [], facts: { gateway: 'gateway-1', station: 'line-1' } },
      { id: 'station:gateway-2/line-1', kind: 'STATION', label: 'gateway-2 · line-1', digest: '', aliases: [], facts: { gateway: 'gateway-2', station: 'line-1' } },
    ],
    edges: [
      { from: 'training:1', to: digest1, what: '' },
      { from: 'data:' + data, to: 'training:1', what: 'training' },
      { from: digest1, to: digest2, what: 'fold batch normalisation, quantize' },
      { from: 'data:' + data, to: digest2, what: 'calibration' },
      { from: digest1, to: 'station:gateway-1/line-1', what: 'decides' },
      { from: digest1, to: 'station:gateway-2/line-1', what: 'decides' },
    ],
  };
  const metric = (value, spread) => ({ name: 'image AUROC', value, low: value - spread, high: value + spread, data: 'deeppcb' });
  const rows = [
    { group: 'version', name: 'counter', values: [1, 2], differs: true, significant: false },
    { group: 'version', name: 'task', values: ['TEMPLATE_COMPARISON', 'TEMPLATE_COMPARISON'], differs: false, significant: false },
    { group: 'metrics', name: 'image AUROC deeppcb test', values: [metric(0.95, 0.01), metric(0.98, 0.01)], differs: true, significant: true },
    { group: 'metrics', name: 'recall of short', values: [metric(0.9, 0.05), null], differs: true, significant: false },
    { group: 'parameters', name: 'threshold', values: [0.5, 0.5], differs: false, significant: false },
    { group: 'lineage', name: 'parent', values: [null, digest1], differs: true, significant: false },
  ];
  return {
    lineage,
    routes: [
      ['GET', '/api/v1/registry', () => ({ json: { models: [...new Set(state.versions.map(({ name }) => name))].map(model) } })],
      ['GET', '/api/v1/registry/:name/lineage', () => ({ json: lineage })],
      ['GET', '/api/v1/registry/:name/comparison', (_, __, query) => ({ json: { versions: query.get('versions').split(',').map((digest) => state.versions.find((version) => version.digest === digest)), rows } })],
      ['GET', '/api/v1/registry/:name', ([name]) => (state.versions.some((version) => version.name === name) ? { json: model(name) } : problem(404, 'MODEL_NOT_FOUND', `no model "${name}" is registered`))],
      ['GET', '/api/v1/registry/:name/versions/:digest', ([name, digest]) => ({ json: { description: '', tags: { 'reviewed.by': 'quality' }, aliases: model(name).aliases.filter((one) => one.digest === digest), updatedAt: ago(5) } })],
      [
        'PUT',
        '/api/v1/registry/:name/aliases/:alias',
        ([name, wanted], { digest, site = '' }) => {
          if (/^v\d/.test(wanted)) return problem(400, 'INVALID_ARGUMENT', `alias "${wanted}": use letters`);
          const known = model(name);
          known.aliases = [...known.aliases.filter((one) => one.alias !== wanted || one.site !== site), { ...alias(wanted, site, digest, 1), movedBy: 'admin' }];
          known.moves.unshift({ alias: wanted, site, digest, at: ago(0), by: 'admin' });
          return { json: known.aliases.at(-1) };
        },
      ],
      ['DELETE', '/api/v1/registry/:name/aliases/:alias', ([name, gone]) => ((model(name).aliases = model(name).aliases.filter((one) => one.alias !== gone)), { status: 204 })],
    ],
  };
}
