// Answers as openapi.yaml says, from memory, so that every state of the console can be shown.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import { registry } from './registry.mjs';
import { tileReports } from './reports.mjs';

const dist = join(import.meta.dirname, '../target/classes/console');
const types = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.woff2': 'font/woff2' };
const ago = (seconds) => new Date(Date.now() - seconds * 1000).toISOString();

export const password = 'correct horse battery';

export function png(width, height, pixel) {
  const rows = Buffer.alloc((width + 1) * height);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) rows[y * (width + 1) + 1 + x] = pixel(x, y);
  const chunk = (name, data) => {
    const body = Buffer.concat([Buffer.from(name), data]);
    const whole = Buffer.alloc(8 + body.length);
    whole.writeUInt32BE(data.length, 0);
    body.copy(whole, 4);
    whole.writeUInt32BE(crc32(body) >>> 0, 4 + body.length);
    return whole;
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 0, 0, 0, 0], 8);
  const signature = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))]);
}

const defect = { x: 300, y: 196, width: 48, height: 40 };

function board(seed, bad) {
  return png(512, 512, (x, y) => {
    const pad = (x - 64) % 96 < 34 && (y - 40) % 120 < 34 && x > 64 && y > 40;
    const trace = (y - 40) % 120 > 13 && (y - 40) % 120 < 21 && x > 50 && x < 470;
    const column = (x - 64) % 192 > 13 && (x - 64) % 192 < 21 && y > 60 && y < 480 - (seed % 4) * 40;
    const inDefect = Math.hypot(x - defect.x - 24, y - defect.y - 18) < 13 && bad;
    const noise = ((x * 73 + y * 151 + seed * 31) % 17) - 8;
    return Math.max(0, Math.min(255, (inDefect || pad || trace || column ? 205 : 38) + noise));
  });
}

const heat = png(128, 128, (x, y) => {
  const distance = Math.hypot(x * 4 - defect.x - 24, y * 4 - defect.y - 18);
  return Math.round(255 * Math.exp(-((distance / 45) ** 2)) + ((x * 7 + y * 13) % 5) * 3) & 255;
});

const station = {
  id: 'io.karu.station.Station',
  name: 'Karu station',
  description: 'Inspects the images of one source.',
  attributes: [
    attribute('source', 'STRING', 'Source of images', { default: 'folder', required: true, options: [{ label: 'Folder that is watched', value: 'folder' }, { label: 'HTTP POST', value: 'post' }] }),
    attribute('source.folder', 'STRING', 'Folder'),
    attribute('threshold', 'DOUBLE', 'Threshold', { default: '-1', min: '-1', max: '1', required: true, description: 'Score from which a pixel belongs to a defect; -1 is the model’s own.' }),
    attribute('reject.min.findings', 'INTEGER', 'Findings that reject', { default: '1', min: '1', required: true }),
    attribute('frames.limit', 'LONG', 'Frames before a pause', { default: '0', min: '0' }),
    attribute('review.margin', 'FLOAT', 'Review margin', { default: '0.0', min: '0', max: '0.5' }),
    attribute('retries', 'SHORT', 'Retries', { default: '3' }),
    attribute('priority', 'BYTE', 'Priority', { default: '5', min: '0', max: '9' }),
    attribute('separator', 'CHAR', 'Separator', { default: '_' }),
    attribute('enabled', 'BOOLEAN', 'Enabled', { default: 'true', required: true }),
    attribute('token', 'PASSWORD', 'Token'),
    attribute('labels', 'STRING', 'Labels that reject', { cardinality: 4 }),
  ],
};

function attribute(id, type, name, more = {}) {
  return { id, type, name, description: '', cardinality: 0, required: false, options: [], ...more };
}

/** Starts the fixture on a free port. Its `state` may be changed; `send(event, data)` tells watchers. */
export async function startFixture() {
  const blobs = new Map();
  const keep = (content) => {
    const digest = 'sha256:' + createHash('sha256').update(content).digest('hex');
    blobs.set(digest, content);
    return digest;
  };
  const heatMap = keep(heat);
  const good = [1, 2, 3].map((seed) => keep(board(seed, false)));
  const bad = [4, 5].map((seed) => keep(board(seed, true)));
  const digest1 = 'sha256:' + '3fa9c2d1'.repeat(8);
  const digest2 = 'sha256:' + '81c0a4be'.repeat(8);

  let next = 400;
  function verdict(seconds, decision, more = {}) {
    const id = next++;
    const defects = decision === 'ACCEPT' ? [] : [{ label: 'defect', ...defect, score: decision === 'REJECT' ? 0.93 : 0.52 }];
    return {
      id,
      gateway: id % 2 ? 'gateway-1' : 'gateway-2',
      station: 'line-1',
      frame: `${String(41000 + id).padStart(8, '0')}_test.png`,
      sequence: id,
      decision,
      reason: { ACCEPT: 'no defect above 0.50', REJECT: '1 defect above 0.50', REVIEW: '1 defect within 0.05 of the threshold 0.50' }[decision],
      score: { ACCEPT: 0.07, REJECT: 0.93, REVIEW: 0.52 }[decision],
      findings: defects,
      model: digest1,
      modelName: 'golden-template 1',
      image: decision === 'ACCEPT' ? good[id % 3] : bad[id % 2],
      imageHere: true,
      heatMap,
      heatMapHere: true,
      capturedAt: ago(seconds + 0.021),
      decidedAt: ago(seconds),
      receivedAt: ago(seconds - 0.3),
      timingMicros: { queued: 120, decode: 5200, inference: 8100, decision: 900 },
      ...more,
    };
  }

  const gateway = (clientId, more) => ({
    clientId,
    account: 'karu',
    name: clientId,
    site: 'plant-1',
    tags: ['line-a'],
    state: 'ONLINE',
    reason: 'connected since its BIRTH',
    since: ago(4000),
    lastSeen: ago(4),
    applications: ['DEPLOY-V2', 'CONF-V1', 'CONF-V2', 'INVENTORY-V1', 'KARU-V1', 'CMD-V1'],
    missing: [],
    versions: { kura: 'KURA_5.6.0', java: '17.0.15', os: 'Linux 6.1', architecture: 'x86_64', osgi: 'org.apache.felix.framework 7.0.5' },
    healthy: true,
    drift: [],
    ...more,
  });

  const decisions = Array.from({ length: 60 }, (_, i) => (i % 7 === 3 ? 'REJECT' : i % 11 === 5 ? 'REVIEW' : 'ACCEPT'));
  const verdicts = decisions.map((decision, i) => verdict((60 - i) * 3, decision)).reverse();
  verdicts[3] = { ...verdicts[3], overrule: { gateway: verdicts[3].gateway, station: 'line-1', frame: verdicts[3].frame, decision: 'REJECT', operator: 'admin', at: ago(5), note: 'scratch' } };
  verdicts[8] = { ...verdicts[8], imageHere: false, heatMapHere: false };

  const certificate = (more) => ({ fingerprint: '3fa9c2d1'.repeat(8), issuer: 'CN=Karu authority,O=Karu', serial: '5e4b', how: 'KEYS', notBefore: ago(86400), notAfter: '2027-02-20T11:11:27Z', knownSince: ago(86400), ...more });
  const identity = (clientId, more) => ({ clientId, account: 'karu', state: 'NONE', certificateRequired: false, enrolment: { status: 'NONE', step: '' }, ...more });
  const entry = (sequence, more) => ({ sequence, at: ago(600 - sequence), actor: 'admin', role: 'ADMIN', via: 'session', address: '127.0.0.1', action: 'POST /api/v1/models', subject: '', outcome: '201', previous: 'aa', hash: 'bb', ...more });

  const state = {
    role: 'ADMIN',
    audit: [
      entry(5, { action: 'POST /api/v1/backup', outcome: 'BEGUN' }),
      entry(4, { actor: 'oidc:eva', role: 'VIEWER', via: 'oidc', outcome: 'NOT_ALLOWED' }),
      entry(3, { action: 'POST /api/v1/gateways/{clientId}/identity/revocation', subject: 'gateway-3', outcome: '200', begun: 2 }),
      entry(2, { action: 'POST /api/v1/gateways/{clientId}/identity/revocation', subject: 'gateway-3', outcome: 'BEGUN' }),
      entry(1, { action: 'POST /api/v1/session', via: 'password', outcome: '200' }),
    ],
    identities: [
      identity('gateway-1', { state: 'VALID', certificate: certificate(), certificateRequired: true, login: { means: 'CERTIFICATE', at: ago(40) }, enrolment: { status: 'DONE', step: 'has its certificate' } }),
      identity('gateway-2', { login: { means: 'PASSWORD', at: ago(300) } }),
      identity('gateway-3', { state: 'REVOKED', certificate: certificate({ revokedAt: ago(500), revokedReason: 'stolen from the line' }), certificateRequired: true, enrolment: { status: 'DONE', step: 'has its certificate' } }),
      identity('gateway-4', { state: 'DUE', certificate: certificate({ how: 'EST', notAfter: '2026-12-01T00:00:00Z' }) }),
      identity('gateway-5', { enrolment: { status: 'RUNNING', step: 'waits: karu/gateway-5 is not connected' } }),
    ],
    gateways: [
      gateway('gateway-1', { deployment: 7 }),
      gateway('gateway-2', {
        healthy: false,
        drift: [{ kind: 'MODEL', subject: 'golden-template@champion', wanted: 'sha256:81c0a4be81c0', found: 'sha256:3fa9c2d13fa9', cause: 'version 2 was rolled back on the gateway; activate it again or desire version 1', deployment: 5 }],
      }),
      gateway('gateway-3', { state: 'LOST', reason: 'its connection was lost (LWT) 3 min ago; check its network', conflict: { at: ago(300), count: 2, reason: 'two clients claim gateway-3: 10.0.0.7 and 10.0.0.9; give one another client id' }, since: ago(180), lastSeen: ago(180) }),
      gateway('gateway-4', { reason: 'connected since its BIRTH', missing: ['It does not answer DEPLOY-V2: install the deployment package of Kura’s cloud deployment.', 'Java 11 is older than 17: update Java.'], healthy: undefined, versions: { kura: 'KURA_6.0.0', java: '11.0.2', architecture: 'aarch64' }, applications: ['CMD-V1'] }),
      gateway('gateway-5', { state: 'REGISTERED', reason: 'registered, never seen', versions: {}, applications: [], healthy: undefined, lastSeen: undefined }),
    ],
    health: [
      { name: 'station.line-1', ok: true, reason: 'inspecting, 4.0 frames/s, model golden-template 1 (3fa9c2d13fa9)' },
      { name: 'uplink', ok: true, reason: 'nothing waits' },
      { name: 'models', ok: true, reason: 'golden-template@champion 1' },
    ],
    packages: [
      { name: 'karu-base', version: '0.1.0', bundles: ['io.karu.api', 'io.karu.engine.onnx', 'io.karu.models', 'io.karu.samples', 'io.karu.uplink'].map((name) => ({ name, version: '0.1.0.4f2a90c1', state: 'ACTIVE' })) },
      { name: 'karu-station', version: '0.1.0', bundles: [{ name: 'io.karu.station', version: '0.1.0.91c7aa02', state: 'ACTIVE' }] },
      { name: 'karu-model-golden-template', version: '0.1.0.3fa9c2d13fa9', bundles: [{ name: 'karu.model.golden-template', version: '0.1.0.3fa9c2d13fa9', state: 'RESOLVED' }] },
    ],
    rolloutsNeedSecondPerson: false,
    rollouts: [
      {
        id: 2, name: 'board-detector 3', artefact: 'board-detector 3', state: 'HALTED',
        reason: 'halted because in the group canary board-detector 3 finds "open" on 0.0 % of 840 parts where it was found on 10.5 % of 960 before: -10.5 points (95 % interval -13.7 to -7.8), 3 are allowed',
        waitsFor: 'a person: resume, or stop and say what becomes of the gateways already changed', deadline: ago(-30 * 86400), gateways: 14,
        groups: [
          { number: 0, name: 'canary', state: 'HALTED', reason: '', startedAt: ago(600), endedAt: ago(60), counts: { CHANGED: 3, FAILED: 1 }, gates: [
            { gate: 'install', outcome: 'PASSED', sentence: '3 of 4 gateways have it, 1 failed', look: 0, values: {} },
            { gate: 'classes', outcome: 'FAILED', sentence: 'board-detector 3 finds "open" on 0.0 % of 840 parts', look: 1, values: { before: 0.105, after: 0 } },
            { gate: 'overrules', outcome: 'WAITING', sentence: '120 of 200 frames were judged since the change', look: 0, values: {} },
          ] },
          { number: 1, name: 'rest', state: 'SCHEDULED', reason: 'its turn has not come', counts: { SCHEDULED: 10 }, gates: [] },
        ],
        verbs: ['resume', 'stop', 'retry', 'revert'], plan: { name: 'board-detector 3', artefact: { kind: 'model', name: 'board-detector', digest: digest1, alias: 'champion' } },
        createdAt: ago(700), createdBy: 'admin', startedAt: ago(600), updatedAt: ago(60),
        history: [{ at: ago(700), person: 'admin', message: 'created' }, { at: ago(600), message: 'group canary began' }],
      },
    ],
    stations: [
      { station: 'line-1', state: 'INSPECTING', reason: 'inspecting', model: 'golden-template 1', frames: 4210, accepted: 3902, rejected: 251, review: 57, skipped: 0, listenerDrops: 0, framesPerSecond: 4 },
      { station: 'line-2', state: 'WAITING', reason: 'waits for a model: golden-template@champion is not installed', frames: 0, accepted: 0, rejected: 0, review: 0, skipped: 0, listenerDrops: 0, framesPerSecond: 0 },
    ],
    models: [
      { name: 'golden-template', version: '1', digest: digest1, aliases: ['champion'], state: 'ACTIVE', generation: 3, reason: 'decides' },
      { name: 'golden-template', version: '2', digest: digest2, aliases: [], state: 'READY', generation: 0, reason: 'verified and warmed up' },
    ],
    configurations: [
      { pid: 'line-1', factoryPid: station.id, definition: station, properties: { source: { type: 'STRING', value: 'folder' }, 'source.folder': { type: 'STRING', value: '/var/lib/line-1' }, threshold: { type: 'DOUBLE', value: 0.5 }, 'reject.min.findings': { type: 'INTEGER', value: 1 }, 'frames.limit': { type: 'LONG', value: 0 }, 'review.margin': { type: 'FLOAT', value: 0.05 }, retries: { type: 'SHORT', value: 3 }, priority: { type: 'BYTE', value: 5 }, separator: { type: 'CHAR', value: '_' }, enabled: { type: 'BOOLEAN', value: true }, token: { type: 'PASSWORD' }, labels: { type: 'STRING', value: ['short', 'open'] } } },
      { pid: 'io.karu.uplink.Uplink', definition: { id: 'io.karu.uplink.Uplink', name: 'Karu uplink', description: 'Sends verdicts and images.', attributes: [attribute('aggregator.url', 'STRING', 'Aggregator'), attribute('aggregator.token', 'PASSWORD', 'Token')] }, properties: { 'aggregator.url': { type: 'STRING', value: 'http://127.0.0.1:8080' }, 'aggregator.token': { type: 'PASSWORD' } } },
      { pid: 'org.eclipse.kura.broken', properties: {} },
    ],
    written: [],
    repository: [
      { name: 'karu-station', version: '0.2.0', sha256: 'b'.repeat(64), size: 184320, uploadedAt: ago(60), uploadedBy: 'admin', bundles: [{ name: 'io.karu.station', version: '0.2.0.77aa' }], native: false },
      { name: 'karu-natives-onnx-x86_64', version: '1.29.0', sha256: 'c'.repeat(64), size: 21_400_000, uploadedAt: ago(600), uploadedBy: 'admin', bundles: [{ name: 'io.karu.natives.onnxruntime.x86_64', version: '1.29.0' }], native: true },
    ],
    deployments: [
      deployment(7, 'gateway-1', 'TRANSFERRING', { step: 'the gateway downloads: 45 % of 180 KiB', progress: 45, previousVersion: '0.1.0' }),
      deployment(6, 'gateway-2', 'FAILED', { step: 'karu-station 0.1.0 works again', endedAt: ago(120), previousVersion: '0.1.0', failure: { code: 'BUNDLE_NOT_ACTIVE', bundle: 'io.karu.station', reason: 'io.karu.station is RESOLVED: it needs io.karu.api.inspection [2.0,3), which nothing exports', outcome: 'karu-station 0.1.0 was installed again and works' } }),
      deployment(5, 'gateway-1', 'SUCCEEDED', { step: 'every bundle is active and the gateway healthy', progress: 100, endedAt: ago(400) }),
      { ...deployment(4, 'gateway-1', 'SUCCEEDED', { step: 'decides', progress: 100, endedAt: ago(900) }), kind: 'activate-model', subject: 'golden-template@champion', version: digest1 },
    ],
    versions: [2, 1].map((n) => ({
      name: 'golden-template',
      version: String(n),
      digest: n === 1 ? digest1 : digest2,
      counter: n,
      card: { task: 'TEMPLATE_COMPARISON', labels: ['defect'], parameters: { threshold: 0.5, minArea: 12, grow: 8, stride: 1 }, description: n === 1 ? 'Difference, smoothing, threshold map' : 'Adds a tolerance to shifts of one pixel' },
      size: 5300 * n,
      registeredAt: ago(5000 / n),
      registeredBy: 'admin',
      package: { name: 'karu-model-golden-template', version: `0.${n}.0` },
    })),
    verdicts,
    desired: { packages: [{ name: 'karu-base', version: '0.1.0' }, { name: 'karu-station', version: '0.1.0' }], models: [{ name: 'golden-template', alias: 'champion', digest: digest1 }], configurations: [] },
    reports: {},
  };
  const tiles = tileReports(keep);
  state.versions.unshift(tiles.version);
  state.reports[tiles.version.digest] = tiles.reports;

  function deployment(id, clientId, deploymentState, more) {
    return { id, gateway: clientId, kind: 'install-package', subject: 'karu-station', version: '0.2.0', restart: false, origin: 'admin', state: deploymentState, restoring: false, progress: 0, createdAt: ago(130), updatedAt: ago(3), ...more };
  }

  const watchers = new Set();
  let watched = () => {};
  const send = (event, data) => watchers.forEach((response) => response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`));
  const ended = ['SUCCEEDED', 'FAILED', 'CANCELLED'];
  const cookie = 'karu-session=fixture';

  const problem = (status, code, detail, more = {}) => ({ status, problem: { title: code, status, code, detail, ...more } });
  const find = (clientId) => state.gateways.find((one) => one.clientId === clientId);
  const create = (gateways, more) => {
    const created = gateways.map((clientId) => {
      const made = { ...deployment(Math.max(...state.deployments.map(({ id }) => id)) + 1, clientId, 'QUEUED', { step: 'waits for its turn' }), ...more };
      state.deployments.unshift(made);
      return made;
    });
    return { status: 201, json: { deployments: created, refused: [] } };
  };

  const identify = (clientId, more) => ({ json: Object.assign(state.identities.find((one) => one.clientId === clientId), more) });

  const models = registry(state, [digest1, digest2], problem);
  const routes = [
    ['GET', '/api/v1/about', () => ({ json: { version: '0.1.0', account: 'karu', broker: 'mqtt://127.0.0.1:1883', base: 'http://127.0.0.1' } })],
    ['GET', '/api/v1/gateways', () => ({ json: { gateways: state.gateways } })],
    ['POST', '/api/v1/gateways', (_, body) => (find(body.clientId) ? problem(409, 'GATEWAY_EXISTS', `${body.clientId} is registered already`) : { status: 201, json: { clientId: body.clientId, account: 'karu', broker: 'mqtt://127.0.0.1:1883', username: body.clientId, password: 'p7Yq-generated' } })],
    ['GET', '/api/v1/gateways/:id', ([id]) => (find(id) ? { json: detail(find(id)) } : problem(404, 'GATEWAY_NOT_FOUND', `there is no gateway ${id}`))],
    ['PUT', '/api/v1/gateways/:id/desired', (_, body) => ({ json: (state.desired = body) })],
    ['POST', '/api/v1/gateways/:id/refresh', ([id]) => ({ json: detail(find(id)) })],
    ['DELETE', '/api/v1/gateways/:id', ([id]) => ((state.gateways = state.gateways.filter((one) => one.clientId !== id)), { status: 204 })],
    ['GET', '/api/v1/gateways/:id/stations', ([id]) => live(id, { stations: state.stations })],
    ['GET', '/api/v1/gateways/:id/models', ([id]) => live(id, { models: state.models })],
    ['POST', '/api/v1/gateways/:id/models/:name/activate', ([id, name], body) => create([id], { kind: 'activate-model', subject: `${name}@champion`, version: body.digest }).json.deployments.map((json) => ({ status: 201, json }))[0]],
    ['POST', '/api/v1/gateways/:id/models/:name/rollback', ([id, name]) => create([id], { kind: 'roll-back-model', subject: `${name}@champion`, version: undefined }).json.deployments.map((json) => ({ status: 201, json }))[0]],
    ['GET', '/api/v1/gateways/:id/configurations', ([id]) => live(id, { configurations: state.configurations })],
    ['PUT', '/api/v1/gateways/:id/configurations/:pid', ([, pid], body) => write(pid, body)],
    ['POST', '/api/v1/gateways/:id/configurations', (_, body) => (state.configurations.push({ pid: body.pid, factoryPid: body.factoryPid, definition: station, properties: {} }), { status: 201, json: state.configurations.at(-1) })],
    ['DELETE', '/api/v1/gateways/:id/configurations/:pid', ([, pid]) => ((state.configurations = state.configurations.filter((one) => one.pid !== pid)), { status: 204 })],
    ['GET', '/api/v1/gateways/:id/factories', () => ({ json: { factories: [station.id, 'io.karu.station.VerdictWire'] } })],
    ['GET', '/api/v1/identities', () => ({ json: { identities: state.identities } })],
    ['POST', '/api/v1/gateways/:id/identity/enrolment', ([id]) => identify(id, { enrolment: { status: 'RUNNING', step: 'begins' } })],
    ['POST', '/api/v1/gateways/:id/identity/revocation', ([id], body) => (body.reason ? identify(id, { state: 'REVOKED', certificateRequired: true, certificate: certificate({ revokedAt: ago(0), revokedReason: body.reason }) }) : problem(400, 'INVALID_ARGUMENT', 'reason is missing'))],
    ['POST', '/api/v1/gateways/:id/identity/readmission', ([id]) => identify(id, { certificateRequired: false })],
    ['POST', '/api/v1/gateways/:id/identity/token', () => ({ status: 201, json: { token: 'one-time-token', expiresAt: ago(-86400), est: 'https://karu.plant/.well-known/est' } })],
    ['GET', '/api/v1/audit', (_, __, query) => ({ json: { entries: state.audit.filter((one) => (one.action + one.subject).toLowerCase().includes((query.get('text') ?? '').toLowerCase())) } })],
    ['GET', '/api/v1/audit/verification', () => ({ json: { intact: true, lines: 5, head: 'bb', reason: '' } })],
    ['GET', '/api/v1/packages', () => ({ json: { packages: state.repository } })],
    ['POST', '/api/v1/packages', () => problem(400, 'PACKAGE_INVALID', 'broken.dp cannot be installed', { findings: ['the manifest has no DeploymentPackage-SymbolicName', 'bundle io.karu.x is not listed before its resources'] })],
    ['GET', '/api/v1/rollouts', () => ({ json: { rollouts: state.rollouts } })],
    ['POST', '/api/v1/rollouts', (_, body) => {
      const made = { ...state.rollouts[0], id: state.rollouts[0].id + 1, name: body.name, artefact: body.name, state: 'READY', reason: 'nobody has started it yet', verbs: ['start', 'stop'], groups: body.groups.map(({ name }, number) => ({ number, name, state: 'SCHEDULED', reason: '', counts: { SCHEDULED: 2 }, gates: [] })), plan: body };
      state.rollouts.unshift(made);
      return { status: 201, json: made };
    }],
    ['POST', '/api/v1/rollouts/preview', (_, body) => {
      const { sites = [], tags = [], gateways = [], except = [] } = body.targets ?? {};
      const left = state.gateways
        .filter((one) => (!sites.length || sites.includes(one.site)) && tags.every((tag) => one.tags.includes(tag)))
        .map(({ clientId }) => clientId)
        .filter((id) => (!gateways.length || gateways.includes(id)) && !except.includes(id));
      const size = left.length;
      const groups = {};
      for (const { name, size: wanted = {} } of body.groups) {
        const n = wanted.canary ? 1 : wanted.percent ? Math.ceil((size * wanted.percent) / 100) : (wanted.count ?? left.length);
        groups[name] = left.splice(0, n);
        if (!groups[name].length) return problem(400, 'ROLLOUT_INVALID', `no gateway is left for the group ${name}`);
      }
      return { json: { groups, approval: state.rolloutsNeedSecondPerson || body.approval } };
    }],
    ['GET', '/api/v1/rollouts/:id', ([id]) => ({ json: state.rollouts.find((one) => one.id === Number(id)) })],
    ['GET', '/api/v1/rollouts/:id/gateways', () => ({ json: { gateways: [{ gateway: 'gateway-1', site: '', presence: 'ONLINE', group: 'canary', state: 'CHANGED', step: 'board-detector 3: ACTIVE', updatedAt: ago(60) }] } })],
    ['POST', '/api/v1/rollouts/:id/:verb', ([id, verb], body) => {
      const one = state.rollouts.find((other) => other.id === Number(id));
      if (verb === 'stop') Object.assign(one, { state: body.changed === 'REVERT' ? 'REVERTING' : 'STOPPED', reason: body.changed === 'REVERT' ? 'reverting because admin stopped it' : 'stopped by admin', verbs: [] });
      return { json: one };
    }],
    ['GET', '/api/v1/deployments', () => ({ json: { deployments: state.deployments } })],
    ['POST', '/api/v1/deployments', (_, body) => create(body.gateways, { subject: body.package, version: body.version, restart: body.restart })],
    ['GET', '/api/v1/deployments/:id', ([id]) => ({ json: { ...state.deployments.find((one) => one.id === Number(id)), history: [{ at: ago(130), state: 'QUEUED', restoring: false, message: 'queued by admin' }, { at: ago(128), state: 'SENDING', restoring: false, message: 'the gateway accepted the request' }, { at: ago(126), state: 'TRANSFERRING', restoring: false, message: 'the gateway downloads' }] } })],
    ['POST', '/api/v1/deployments/:id/retry', ([id]) => ({ status: 201, json: create([state.deployments.find((one) => one.id === Number(id)).gateway], {}).json.deployments[0] })],
    ['POST', '/api/v1/deployments/:id/cancel', ([id]) => ({ json: Object.assign(state.deployments.find((one) => one.id === Number(id)), { state: 'CANCELLED' }) })],
    ['GET', '/api/v1/models', () => ({ json: { versions: state.versions } })],
    ['POST', '/api/v1/models', () => ({ status: 201, json: state.versions[0] })],
    ['GET', '/api/v1/models/:name/versions/:digest/reports', ([, digest]) => ({ json: { reports: (state.reports[digest] ?? []).map(({ entry }) => entry) } })],
    ['GET', '/api/v1/models/:name/versions/:digest/reports/:kind', ([, digest], _, query) => ({ json: state.reports[digest].find(({ entry }) => entry.digest === query.get('report')).report })],
    ['POST', '/api/v1/models/:name/versions/:digest/install', (_, body) => create(body.gateways, { subject: 'karu-model-golden-template' })],
    ...models.routes,
    ['GET', '/api/v1/verdicts', (_, __, query) => ({ json: { verdicts: listVerdicts(query) } })],
    ['POST', '/api/v1/verdicts/:id/image', () => ({ status: 202, json: { accepted: 2 } })],
  ].map(([method, path, answer]) => ({ method, pattern: new RegExp('^' + path.replace(/:\w+/g, '([^/]+)') + '$'), answer }));

  function detail(one) {
    const known = one.state === 'ONLINE' && one.healthy !== undefined;
    return {
      gateway: one,
      inventoryAt: known ? ago(20) : undefined,
      healthAt: known ? ago(10) : undefined,
      health: known ? state.health : [],
      packages: known ? state.packages : [],
      desired: known ? state.desired : { packages: [], models: [], configurations: [] },
    };
  }

  function live(id, json) {
    return find(id).state === 'ONLINE' ? { json } : problem(504, 'GATEWAY_OFFLINE', `${id} is not connected: ${find(id).reason}`);
  }

  function write(pid, body) {
    const configuration = state.configurations.find((one) => one.pid === pid);
    if (body.properties['source.folder']?.value === '/nowhere')
      return problem(400, 'CONFIGURATION_INVALID', 'source.folder: /nowhere does not exist on the gateway; create it or choose another');
    state.written.push({ pid, properties: body.properties });
    for (const [name, property] of Object.entries(body.properties))
      configuration.properties[name] = property.type === 'PASSWORD' ? { type: 'PASSWORD' } : property;
    return { json: configuration };
  }

  function listVerdicts(query) {
    return state.verdicts
      .filter((one) => ['gateway', 'station', 'decision'].every((name) => !query.get(name) || query.get(name) === one[name]))
      .filter((one) => !query.get('before') || one.id < Number(query.get('before')))
      .slice(0, Number(query.get('limit') ?? 50));
  }

  const server = createServer(async (request, response) => {
    const url = new URL(request.url, 'http://fixture');
    const reply = (status, content, type) => response.writeHead(status, { 'Content-Type': type, 'Content-Security-Policy': "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'" }).end(status === 204 ? undefined : content);
    const answer = ({ status = 200, json, problem: wrong }) => reply(status, JSON.stringify(wrong ?? json ?? null), wrong ? 'application/problem+json' : 'application/json');
    let body = '';
    for await (const part of request) body += part;
    if (url.pathname === '/login/methods') return answer({ json: { password: true, oidc: true } });
    if (url.pathname === '/api/v1/session' && request.method === 'POST') {
      const right = JSON.parse(body).password === password;
      if (right) response.setHeader('Set-Cookie', `${cookie}; HttpOnly; SameSite=Strict; Path=/`);
      return answer(right ? { json: { name: 'admin', role: state.role, csrfToken: 'fixture' } } : problem(401, 'WRONG_CREDENTIALS', 'the name or the password is not right'));
    }
    if (url.pathname.startsWith('/api/')) {
      if (!request.headers.cookie?.includes(cookie)) return answer(problem(401, 'NOT_LOGGED_IN', 'log in first'));
      if (!['GET', 'HEAD'].includes(request.method) && request.headers['x-csrf-token'] !== 'fixture') return answer(problem(403, 'FOREIGN_REQUEST', 'no token'));
      if (url.pathname === '/api/v1/session' && request.method === 'DELETE') {
        response.setHeader('Set-Cookie', 'karu-session=; Max-Age=0; Path=/');
        return answer({ status: 204 });
      }
      if (url.pathname === '/api/v1/session') return answer({ json: { name: 'admin', role: state.role, csrfToken: 'fixture' } });
      if (url.pathname === '/api/v1/events') {
        response.writeHead(200, { 'Content-Type': 'text/event-stream' }).write(': karu\n\n');
        watchers.add(response);
        watched();
        request.on('close', () => watchers.delete(response));
        return;
      }
      const blob = blobs.get(decodeURIComponent(url.pathname.replace('/api/v1/blobs/', '')));
      if (blob) return reply(200, blob, 'image/png');
      for (const route of routes) {
        const match = route.method === request.method && route.pattern.exec(url.pathname);
        if (match) {
          const parsed = body && request.headers['content-type']?.includes('json') ? JSON.parse(body) : {};
          return answer(route.answer(match.slice(1).map(decodeURIComponent), parsed, url.searchParams));
        }
      }
      return answer(problem(404, 'ADDRESS_NOT_FOUND', `there is no ${request.method} ${url.pathname}`));
    }
    const file = join(dist, url.pathname);
    const shown = url.pathname !== '/' && existsSync(file) ? file : join(dist, 'index.html');
    return reply(200, readFileSync(shown), types[extname(shown)] ?? 'application/octet-stream');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    state,
    lineage: models.lineage,
    send,
    nextWatcher: () => new Promise((resolve) => (watched = resolve)),
    verdict,
    ended,
    close: () => {
      watchers.forEach((response) => response.destroy());
      server.closeAllConnections();
      server.close();
    },
  };
}
