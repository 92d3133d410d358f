// The console in Chromium on a fixture that answers as the contract says.
import assert from 'node:assert/strict';
import { after, before, beforeEach, afterEach, describe, it } from 'node:test';
import { closeBrowser, eventually, goTo, login, noBrowser, openConsole, screenshot } from './browser.mjs';
import { password, startFixture } from './fixture.mjs';

describe('console', { skip: noBrowser }, () => {
  let fixture;
  let page;

  before(async () => (fixture = await startFixture()));
  after(async () => {
    fixture?.close();
    await closeBrowser();
  });

  const open = async (options) => {
    page = await openConsole({ url: fixture.url, ...options });
    return page;
  };
  const enter = async (options) => {
    const stream = fixture.nextWatcher();
    await open(options);
    await login(page, { password });
    await stream; // what is sent from now on arrives
  };
  const text = (what) => page.getByText(what).first().waitFor();
  const button = (name, more) => page.getByRole('button', { name, ...more });
  const openPlanned = async () => {
    await eventually(async () => assert.equal(await button('Details').count(), fixture.state.rollouts.length)); // an older one may have the same name
    await button('Details').first().click();
  };

  afterEach(async () => {
    const problems = page?.problems ?? [];
    await page?.end();
    page = undefined;
    assert.deepEqual(problems, [], 'errors of scripts or of the content security policy');
  });

  it('says why a login is refused and keeps what was asked for', async () => {
    await open();
    await page.getByLabel('Password').fill('wrong');
    await button('Log in').click();
    await text('the name or the password is not right');
    await login(page, { password });
    await screenshot(page, 'fleet');
    await button('Account admin').click();
    await page.getByRole('menuitem', { name: 'Log out' }).click();
    await page.getByRole('heading', { name: 'Log in to Karu' }).waitFor();
  });

  it('shows each gateway with its state, the reason, conflicts, limits and drift', async () => {
    await enter();
    await text('3 of 5 gateways online');
    const row = (name) => page.getByRole('row').filter({ has: page.getByRole('link', { name }) });
    await eventually(async () => assert.match(await row('gateway-3').innerText(), /Lost[\s\S]*Client id used twice[\s\S]*connection was lost/));
    await eventually(async () => assert.match(await row('gateway-4').innerText(), /Limited[\s\S]*Kura 6\.0\.0[\s\S]*Java 11/));
    await eventually(async () => assert.match(await row('gateway-2').innerText(), /Unhealthy[\s\S]*Differs \(1\)/));
    await eventually(async () => assert.match(await row('gateway-5').innerText(), /Never seen[\s\S]*unknown[\s\S]*never/));
    await page.getByLabel('Filter by name or reason').fill('connection was lost');
    await eventually(async () => assert.equal(await page.getByRole('link', { name: /^gateway-/ }).count(), 1));
    await page.getByLabel('Filter by name or reason').fill('no such thing');
    await button('Clear filters').click();
    fixture.send('gateway', { ...fixture.state.gateways[4], state: 'ONLINE', reason: 'connected just now' });
    await text('4 of 5 gateways online');
  });

  it('shows generated credentials once and a refused registration beside the form', async () => {
    await enter();
    await button('Register gateway').click();
    await page.getByRole('textbox', { name: 'Client id' }).fill('gateway-1');
    await button('Register', { exact: true }).click();
    await text('gateway-1 is registered already');
    await page.getByRole('textbox', { name: 'Client id' }).fill('gateway-9');
    await button('Register', { exact: true }).click();
    await text('gateway-9 is registered');
    await eventually(async () => assert.equal(await page.getByRole('textbox', { name: 'Password' }).inputValue(), 'p7Yq-generated'));
  });

  it('explains a gateway: health, differences, packages with bundles, conflicts, what is missing', async () => {
    await enter();
    await page.getByRole('link', { name: 'gateway-2' }).click();
    await text('version 2 was rolled back on the gateway');
    await page.getByRole('tab', { name: 'Packages' }).click();
    await text('5 of 5 active');
    await button('Details').first().click();
    await text('io.karu.engine.onnx');
    await page.getByRole('tab', { name: 'Stations' }).click();
    await text('waits for a model: golden-template@champion is not installed');
    await screenshot(page, 'stations');
    await goTo(page, 'Fleet');
    await page.getByRole('link', { name: 'gateway-3' }).click();
    await text('two clients claim gateway-3');
    await page.getByRole('tab', { name: 'Configuration' }).click();
    await text('which is not online');
  });

  it('changes what a gateway should have', async () => {
    await enter();
    await page.getByRole('link', { name: 'gateway-1' }).click();
    await button('Desired state of gateway-1').click();
    const dialog = page.getByRole('dialog');
    await eventually(async () => assert.equal(await button('Save').isDisabled(), true));
    await dialog.getByRole('combobox', { name: 'karu-station' }).selectOption('0.2.0');
    await dialog.getByRole('combobox', { name: 'golden-template@champion' }).selectOption({ label: '2 · 81c0a4be81c0' });
    await dialog.getByRole('combobox', { name: 'Add' }).selectOption('tiles@champion');
    await dialog.getByRole('button', { name: 'No longer care for karu-base' }).click();
    await screenshot(page, 'desired');
    await button('Save').click();
    await dialog.waitFor({ state: 'detached' });
    assert.deepEqual(fixture.state.desired, {
      packages: [{ name: 'karu-station', version: '0.2.0' }],
      models: [
        { name: 'golden-template', alias: 'champion', digest: 'sha256:' + '81c0a4be'.repeat(8) },
        { name: 'tiles', alias: 'champion', digest: 'sha256:' + '7c41d09e'.repeat(8) },
      ],
      configurations: [],
    });
  });

  describe('configuration form', () => {
    beforeEach(async () => {
      fixture.state.written.length = 0;
      await enter();
      await page.getByRole('link', { name: 'gateway-1' }).click();
      await page.getByRole('tab', { name: 'Configuration' }).click();
      await page.getByRole('form', { name: 'Karu station' }).waitFor();
    });
    const field = (name) => page.getByRole('textbox', { name });

    it('checks every type and bound before anything is written', async () => {
      const wrong = [
        ['Threshold', '1.5', 'Must be at most 1'],
        ['Threshold', 'much', 'Not a number'],
        ['Findings that reject', '0', 'Must be at least 1'],
        ['Findings that reject', '1.5', 'Not a whole number'],
        ['Findings that reject', '3000000000', 'Must be at most 2147483647'],
        ['Frames before a pause', '-1', 'Must be at least 0'],
        ['Review margin', '0.6', 'Must be at most 0.5'],
        ['Retries', '40000', 'Must be at most 32767'],
        ['Priority', '10', 'Must be at most 9'],
        ['Separator', 'ab', 'Exactly one character'],
        ['Labels that reject', 'a\nb\nc\nd\ne', 'At most 4 values'],
        ['Threshold', '', 'A value is needed'],
      ];
      for (const [name, value, message] of wrong) {
        const before = await field(name).inputValue();
        await field(name).fill(value);
        await text(message);
        await eventually(async () => assert.equal(await button('Write to gateway').isDisabled(), true, name));
        await field(name).fill(before);
      }
      assert.equal(fixture.state.written.length, 0);
    });

    it('writes only what changed, with its type', async () => {
      await field('Threshold').fill('0.7');
      await field('Frames before a pause').fill('9007199254740993');
      await page.getByRole('combobox', { name: 'Source of images' }).selectOption('HTTP POST');
      await page.getByRole('switch', { name: 'Enabled' }).click({ force: true });
      await field('Labels that reject').fill('short\nopen\nspur');
      await screenshot(page, 'configuration');
      await button('Write to gateway').click();
      await text('Written and read back');
      assert.deepEqual(fixture.state.written, [
        {
          pid: 'line-1',
          properties: {
            source: { type: 'STRING', value: 'post' },
            threshold: { type: 'DOUBLE', value: 0.7 },
            'frames.limit': { type: 'LONG', value: '9007199254740993' },
            enabled: { type: 'BOOLEAN', value: false },
            labels: { type: 'STRING', value: ['short', 'open', 'spur'] },
          },
        },
      ]);
    });

    it('never shows a password and keeps it unless a new one is typed', async () => {
      const token = page.getByLabel('Token');
      await eventually(async () => assert.equal(await token.inputValue(), ''));
      await eventually(async () => assert.equal(await token.getAttribute('type'), 'password'));
      await field('Retries').fill('4');
      await button('Write to gateway').click();
      await text('Written and read back');
      await eventually(() => assert.deepEqual(Object.keys(fixture.state.written[0].properties), ['retries']));
      await token.fill('new secret');
      await button('Write to gateway').click();
      await page.waitForFunction(() => document.querySelector('[type=password]').value === '');
      await eventually(() => assert.deepEqual(fixture.state.written[1].properties, { token: { type: 'PASSWORD', value: 'new secret' } }));
    });

    it('shows what the gateway refused and keeps what was typed', async () => {
      await field('Folder').fill('/nowhere');
      await button('Write to gateway').click();
      await text('/nowhere does not exist on the gateway');
      await eventually(async () => assert.equal(await field('Folder').inputValue(), '/nowhere'));
    });

    it('creates and deletes components of factories', async () => {
      await button('New component').click();
      await page.getByLabel('Factory').selectOption('io.karu.station.Station');
      await page.getByLabel('Name (kura.service.pid)').fill('line-9');
      await button('Create').click();
      await text('line-9 was created');
      await button('Delete component').click();
      await page.getByRole('dialog').getByRole('button', { name: 'Delete component' }).click();
      await page.getByRole('menuitem', { name: /line-9/ }).waitFor({ state: 'detached' });
    });
  });

  it('follows deployments live, says why one failed and tries it again', async () => {
    await enter();
    await goTo(page, 'Deployments');
    await text('io.karu.station is RESOLVED: it needs io.karu.api.inspection [2.0,3), which nothing exports');
    await text('karu-station 0.1.0 was installed again and works');
    await screenshot(page, 'deployments');
    fixture.send('deployment', { ...fixture.state.deployments[0], progress: 80 });
    await text('80%');
    fixture.send('deployment', { ...fixture.state.deployments[0], state: 'SUCCEEDED', step: 'every bundle is active' });
    await text('every bundle is active');
    await button('Retry').first().click();
    await text('waits for its turn');
    await button('Details').nth(1).click();
    await text('the gateway accepted the request');
  });

  it('shows why a rollout halted, its gates, and asks what becomes of changed gateways', async () => {
    await enter();
    await goTo(page, 'Rollouts');
    await text('halted because in the group canary board-detector 3 finds "open" on 0.0 %');
    await button('Details').first().click();
    await text('120 of 200 frames were judged since the change');
    await page.getByRole('img', { name: 'canary: 3 changed, 1 failed' }).waitFor();
    await page.getByText('Each of 1 gateways').click();
    await text('board-detector 3: ACTIVE');
    await screenshot(page, 'rollouts');
    await button('Stop', { exact: true }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Stop' }).click();
    await text('Say what becomes of them.');
    await dialog.getByRole('radio', { name: 'They go back to what they had' }).check();
    await dialog.getByRole('button', { name: 'Stop' }).click();
    await text('reverting because admin stopped it');
    fixture.send('rollout', { ...fixture.state.rollouts[0], state: 'REVERTED', reason: '3 of 3 changed gateways went back to what they had' });
    await text('3 of 3 changed gateways went back to what they had');
  });

  it('plans a rollout whose version first runs in the shadow, and shows it there', async () => {
    await enter();
    await goTo(page, 'Rollouts');
    await button('New rollout').click();
    const dialog = page.getByRole('dialog');
    const plan = dialog.getByRole('button', { name: 'Plan' });
    await eventually(async () => assert.equal(await plan.isDisabled(), true, 'no version is chosen'));
    await dialog.getByRole('combobox', { name: 'Model version' }).selectOption({ index: 1 });
    await dialog.getByRole('textbox', { name: /Groups in order/ }).fill('canary, 25%, 3, rest');
    await dialog.getByRole('checkbox', { name: /^Agreement/ }).check();
    await dialog.getByRole('checkbox', { name: 'Shift of the reject rate' }).uncheck();
    await dialog.getByRole('checkbox', { name: 'A second person has to approve' }).check();
    await screenshot(page, 'rollout-new');
    await plan.click();
    await text('nobody has started it yet');
    await eventually(async () => assert.equal(await dialog.count(), 0));
    const [made] = fixture.state.rollouts;
    assert.equal(made.plan.artefact.alias, 'champion');
    assert.deepEqual(made.plan.groups, [{ name: 'canary', size: { canary: true } }, { name: '25%', size: { percent: 25 } }, { name: '3', size: { count: 3 } }, { name: 'rest' }]);
    assert.deepEqual(made.plan.gates.map(({ kind }) => kind), ['install', 'health', 'classes', 'agreement']);
    assert.deepEqual([made.plan.whenHalted, made.plan.approval], ['REVERT', true]);
    assert.deepEqual([made.plan.window, made.plan.perSite], [undefined, undefined]);
    const gates = [{ gate: 'agreement', outcome: 'WAITING', sentence: '120 of 200 frames were judged by both versions', look: 0, values: {} }];
    Object.assign(made, { state: 'RUNNING', verbs: ['pause', 'stop', 'next-group'], groups: made.groups.map((group, number) => (number ? group : { ...group, state: 'RUNNING', counts: { SHADOWING: 2 }, gates })) });
    fixture.send('rollout', made);
    await openPlanned();
    await page.getByRole('img', { name: 'canary: 2 in the shadow' }).waitFor();
    await text('120 of 200 frames were judged by both versions');
    await button('Next group').waitFor();
    await screenshot(page, 'rollout-shadow');
    Object.assign(gates[0], { sentence: 'board-detector 3 decides 98.6 % of 1200 frames as the version before (95 % interval 97.8 % to 99.1 %), 98.0 % are required; least on gateway-2: 61.0 % of 41', worst: { gateway: 'gateway-2', value: 0.61, frames: 41 } });
    fixture.send('rollout', made);
    const named = page.getByRole('list', { name: 'Gates of canary' }).getByRole('link', { name: 'gateway-2' });
    await eventually(async () => assert.equal(await named.getAttribute('href'), '/fleet/gateway-2'));
    await text('Worst: gateway-2 61%');
    await screenshot(page, 'rollout-worst');
    await button('Stop', { exact: true }).click();
    await text('What becomes of the gateways that are changed already?');
  });

  it('shows which gateways a plan would reach, and plans when and how fast', async () => {
    fixture.state.rolloutsNeedSecondPerson = true;
    await enter({ height: 1700 });
    await goTo(page, 'Rollouts');
    await button('New rollout').click();
    const dialog = page.getByRole('dialog');
    const preview = dialog.getByRole('status', { name: 'Gateways of this plan' });
    const reaches = (...parts) => eventually(async () => assert.deepEqual((await preview.innerText()).split(/\s*\n\s*/), parts));
    await dialog.getByText('Choose a version to see which gateways it would reach.').waitFor();
    await dialog.getByRole('combobox', { name: 'Model version' }).selectOption({ index: 1 });
    await dialog.getByRole('textbox', { name: /Groups in order/ }).fill('canary, 3, rest');
    await reaches('5 gateways match', 'canary', '1', 'gateway-1', '3', '3', 'gateway-2, gateway-3, gateway-4', 'rest', '1', 'gateway-5');
    await dialog.getByRole('group', { name: 'Only these sites' }).getByRole('checkbox', { name: 'plant-1' }).check();
    await dialog.getByRole('group', { name: /all these tags/ }).getByRole('checkbox', { name: 'line-a' }).check();
    await dialog.getByRole('textbox', { name: 'Not these gateways' }).fill('gateway-2, gateway-5');
    await dialog.getByText('no gateway is left for the group rest').waitFor();
    await dialog.getByRole('textbox', { name: /Groups in order/ }).fill('canary, rest');
    await reaches('3 gateways match', 'canary', '1', 'gateway-1', 'rest', '2', 'gateway-3, gateway-4');
    await dialog.getByRole('checkbox', { name: 'Only in a maintenance window' }).check();
    await dialog.getByLabel('From').fill('21:30');
    await dialog.getByLabel('Time zone').selectOption('Europe/Berlin');
    await dialog.getByRole('checkbox', { name: 'Sat' }).check();
    await dialog.getByRole('checkbox', { name: 'Sun' }).check();
    await dialog.getByLabel('Gateways of a site at once').fill('2');
    await dialog.getByLabel('Bandwidth of a site').fill('64');
    const approval = dialog.getByRole('checkbox', { name: 'A second person has to approve' });
    await eventually(async () => assert.deepEqual([await approval.isChecked(), await approval.isDisabled()], [true, true]));
    await screenshot(page, 'rollout-plan');
    await dialog.getByRole('button', { name: 'Plan' }).click();
    await eventually(async () => assert.equal(await dialog.count(), 0));
    const [made] = fixture.state.rollouts;
    const { plan } = made;
    assert.deepEqual(plan.targets, { sites: ['plant-1'], tags: ['line-a'], gateways: [], except: ['gateway-2', 'gateway-5'] });
    assert.deepEqual(plan.window, { days: ['SATURDAY', 'SUNDAY'], from: '21:30', to: '05:00', zone: 'Europe/Berlin' });
    assert.deepEqual(plan.perSite, { gatewaysAtOnce: 2, bytesPerSecond: 65536 });
    await openPlanned();
    await text('Sat, Sun 21:30 – 05:00 Europe/Berlin');
    await text('64.0 KiB/s');
    await screenshot(page, 'rollout-planned');
    fixture.state.rolloutsNeedSecondPerson = false;
  });

  it('plans a package, and restarts the gateways where it carries native code', async () => {
    await enter({ height: 1300 });
    await goTo(page, 'Rollouts');
    await button('New rollout').click();
    const dialog = page.getByRole('dialog');
    const plan = dialog.getByRole('button', { name: 'Plan' });
    await dialog.getByRole('checkbox', { name: /^Agreement/ }).check();
    await dialog.getByRole('radio', { name: 'Package' }).check();
    await dialog.getByText('Choose a package to see which gateways it would reach.').waitFor();
    await eventually(async () => assert.equal(await plan.isDisabled(), true, 'no package is chosen'));
    await eventually(async () => assert.equal(await dialog.getByRole('checkbox', { name: /^Agreement/ }).count(), 0, 'no package runs in a shadow'));
    const restart = dialog.getByRole('checkbox', { name: /Restart the gateway/ });
    await dialog.getByRole('combobox', { name: 'Package' }).selectOption({ label: 'karu-natives-onnx-x86_64 1.29.0 · 20.4 MiB' });
    await dialog.getByText('This package carries native code').waitFor();
    await eventually(async () => assert.equal(await restart.isChecked(), true));
    await dialog.getByRole('combobox', { name: 'Package' }).selectOption({ label: 'karu-station 0.2.0 · 180 KiB' });
    await eventually(async () => assert.equal(await restart.isChecked(), false));
    await dialog.getByRole('status', { name: 'Gateways of this plan' }).getByText('gateway-1').first().waitFor();
    await screenshot(page, 'rollout-package');
    await plan.click();
    await eventually(async () => assert.equal(await dialog.count(), 0));
    const [made] = fixture.state.rollouts;
    assert.equal(made.plan.name, 'karu-station 0.2.0');
    assert.deepEqual(made.plan.artefact, { kind: 'package', name: 'karu-station', version: '0.2.0', restart: false });
    assert.deepEqual(made.plan.gates.map(({ kind }) => kind), ['install', 'health', 'classes', 'reject-rate']);
  });

  it('plans settings that a gateway shows, checked by type and bound, and says what they are', async () => {
    await enter({ height: 1700 });
    await goTo(page, 'Rollouts');
    await button('New rollout').click();
    const dialog = page.getByRole('dialog');
    const plan = dialog.getByRole('button', { name: 'Plan' });
    const planned = (possible) => eventually(async () => assert.equal(await plan.isDisabled(), !possible));
    const add = (setting) => dialog.getByRole('combobox', { name: /^Add a setting/ }).selectOption(setting);
    await dialog.getByRole('radio', { name: 'Configuration' }).check();
    await dialog.getByText('Add a setting, and mend what is marked').waitFor();
    await planned(false);
    const shows = dialog.getByRole('combobox', { name: 'Gateway whose settings' });
    await eventually(async () => assert.equal(await shows.getByRole('option', { name: 'gateway-3' }).count(), 0, 'it is offline'));
    await shows.selectOption('gateway-1');
    const component = dialog.getByRole('combobox', { name: 'Component' });
    await component.selectOption('line-1');
    await eventually(async () => assert.equal(await dialog.getByRole('option', { name: /token/ }).count(), 0, 'passwords are left out'));
    await add('threshold');
    const threshold = dialog.getByRole('group', { name: 'Threshold of line-1' });
    const there = fixture.state.configurations.find(({ pid }) => pid === 'line-1').properties;
    await eventually(async () => assert.equal(await threshold.getByRole('textbox').inputValue(), String(there.threshold.value)));
    await planned(true);
    for (const [value, message] of [
      ['1.5', 'Must be at most 1'],
      ['much', 'Not a number'],
      ['', 'A value is needed'],
    ]) {
      await threshold.getByRole('textbox').fill(value);
      await threshold.getByText(message).waitFor();
      await planned(false);
    }
    await threshold.getByRole('textbox').fill('0.8');
    await planned(true);
    await add('labels');
    await add('retries');
    await dialog.getByRole('button', { name: 'Leave out Retries' }).click();
    await component.selectOption('io.karu.uplink.Uplink');
    await add('aggregator.url');
    await dialog.getByRole('group', { name: 'Aggregator of io.karu.uplink.Uplink' }).getByRole('textbox').fill('https://karu.plant');
    await dialog.getByRole('checkbox', { name: 'plant-1' }).check();
    await dialog.getByRole('status', { name: 'Gateways of this plan' }).getByText('gateway-1').first().waitFor();
    await screenshot(page, 'rollout-configuration');
    await plan.click();
    await eventually(async () => assert.equal(await dialog.count(), 0));
    const [made] = fixture.state.rollouts;
    assert.equal(made.plan.name, 'line-1: threshold, labels; io.karu.uplink.Uplink: aggregator.url');
    assert.deepEqual(made.plan.artefact, {
      kind: 'configuration',
      updates: [
        { pid: 'line-1', properties: { threshold: { type: 'DOUBLE', value: 0.8 }, labels: there.labels } },
        { pid: 'io.karu.uplink.Uplink', properties: { 'aggregator.url': { type: 'STRING', value: 'https://karu.plant' } } },
      ],
    });
    await openPlanned();
    await text('line-1: threshold = 0.8');
    await text(`line-1: labels = ${there.labels.value.join(', ')}`);
  });

  it('deploys a package on several gateways and warns about native code', async () => {
    await enter();
    await goTo(page, 'Deployments');
    await button('New deployment').click();
    await page.getByRole('combobox', { name: 'Package' }).selectOption({ label: 'karu-natives-onnx-x86_64 1.29.0 · 20.4 MiB' });
    await text('This package carries native code');
    await eventually(async () => assert.equal(await page.getByRole('checkbox', { name: /Restart the gateway/ }).isChecked(), true));
    await page.getByRole('checkbox', { name: 'gateway-1' }).check();
    await page.getByRole('checkbox', { name: /gateway-3 \(offline/ }).check();
    await button('Deploy', { exact: true }).click();
    await text('2 queued');
  });

  it('lists the findings of a package that is refused', async () => {
    await enter();
    await goTo(page, 'Deployments');
    await page.getByLabel('Upload package').first().setInputFiles({ name: 'broken.dp', mimeType: 'application/octet-stream', buffer: Buffer.from('x') });
    await text('the manifest has no DeploymentPackage-SymbolicName');
  });

  it('installs, activates and rolls back models', async () => {
    await enter();
    await goTo(page, 'Models');
    await screenshot(page, 'models');
    await button('Install golden-template 2').click();
    await page.getByRole('checkbox', { name: 'gateway-1' }).check();
    await button('Install', { exact: true }).click();
    await page.getByRole('heading', { level: 1, name: 'Deployments' }).waitFor();
    await page.goto('/fleet/gateway-1/models');
    await button('Activate version 2').click();
    await text(/Job \d+ activates 81c0a4be/);
    await button('Roll back').click();
    await page.getByRole('dialog').getByRole('button', { name: 'Roll back' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await eventually(() => assert.equal(fixture.state.deployments[0].kind, 'roll-back-model'));
  });

  describe('a model', () => {
    const openTab = async (name, options) => {
      await enter(options);
      await goTo(page, 'Models');
      await page.getByRole('link', { name: 'golden-template', exact: true }).click();
      await page.getByRole('tab', { name }).click();
    };

    it('shows its versions with their aliases, description and tags', async () => {
      await openTab('Versions');
      await text('Compares a board with its template');
      await text('line=1');
      const row = page.getByRole('row').filter({ hasText: 'Difference, smoothing' });
      await row.getByText('champion').waitFor();
      await screenshot(page, 'model-versions');
    });

    it('puts versions side by side and marks what really differs', async () => {
      await openTab('Compare');
      const grid = page.getByRole('grid', { name: 'Compare' });
      await grid.getByRole('row').filter({ hasText: 'image AUROC' }).getByTitle('The interval lies beside that of the first version').waitFor();
      await eventually(async () => assert.equal(await grid.getByText('threshold', { exact: true }).count(), 0));
      await page.getByText('Differences only').click();
      await grid.getByText('threshold', { exact: true }).waitFor();
      await screenshot(page, 'model-compare');
      await page.getByRole('checkbox', { name: 'Compare 1' }).click();
      await text('Choose two to four versions');
    });

    it('draws the lineage from data to stations, and follows a change', async () => {
      await openTab('Lineage');
      const figure = page.getByRole('figure', { name: /^From data/ });
      await eventually(async () => assert.equal(await figure.getByRole('article').count(), 6));
      const left = async (name) => (await figure.getByRole('article', { name }).boundingBox()).x;
      await eventually(async () => assert.ok((await left('Data deeppcb')) < (await left('Training run training of 1'))));
      await eventually(async () => assert.ok((await left('Version golden-template 1')) < (await left('Version golden-template 2'))));
      await eventually(async () => assert.ok((await left('Version golden-template 2')) < (await left('Station gateway-1 · line-1'))));
      await screenshot(page, 'model-lineage');
      fixture.lineage.nodes.push({ id: 'station:gateway-3/line-1', kind: 'STATION', label: 'gateway-3 · line-1', digest: '', aliases: [], facts: { gateway: 'gateway-3' } });
      fixture.send('model-changed', { name: 'golden-template' });
      await figure.getByRole('article', { name: 'Station gateway-3 · line-1' }).waitFor();
      await figure.getByRole('link', { name: 'golden-template 2' }).click();
      await page.getByRole('heading', { level: 1, name: 'golden-template 2' }).waitFor();
      await text('reviewed.by=quality');
      await eventually(async () => assert.match(await page.getByRole('link', { name: 'Bill of materials' }).getAttribute('href'), /\/api\/v1\/registry\/golden-template\/versions\/sha256:81c0a4be.*\/bom$/));
    });

    it('moves an alias to a version at a site, and says why not', async () => {
      await openTab('Aliases');
      await button('Move alias', { exact: true }).first().click();
      await page.getByRole('textbox', { name: 'Alias' }).fill('v2');
      await page.getByRole('textbox', { name: 'Site' }).fill('plant 1');
      await page.getByRole('dialog').getByRole('button', { name: 'Move alias' }).click();
      await text('alias "v2": use letters');
      await page.getByRole('textbox', { name: 'Alias' }).fill('champion');
      await page.getByRole('combobox', { name: 'Version' }).selectOption('2');
      await page.getByRole('dialog').getByRole('button', { name: 'Move alias' }).click();
      await text('champion means 2');
      await page.getByRole('grid', { name: 'Aliases' }).getByText('champion · plant 1').first().waitFor();
      await page.getByRole('grid', { name: 'Moves' }).getByText('champion · plant 1').waitFor();
      await screenshot(page, 'model-aliases');
      await button('Remove challenger').click();
      await text('challenger is removed');
    });
  });

  describe('reports of a model version', () => {
    const openTab = async (name, options) => {
      await enter(options);
      await goTo(page, 'Models');
      await page.getByRole('grid', { name: 'tiles' }).getByRole('link', { name: '3' }).click();
      await page.getByRole('tab', { name }).click();
    };

    it('shows the card with metrics, intervals and where the version comes from', async () => {
      await openTab('Card');
      await text('color GRAY · scaling AREA · fit PAD · fill 0');
      const metrics = page.getByRole('grid', { name: 'Metrics' });
      await eventually(async () => assert.match(await metrics.innerText(), /image AUROC[\s\S]*0\.981[\s\S]*0\.972 – 0\.988[\s\S]*trivial baseline/));
      await text('fold batch normalisation');
      await screenshot(page, 'model-card');
      await page.getByRole('link', { name: '51aa93f051aa' }).click();
      await text('This version is not registered');
    });

    it('draws the curves of the newest training and of an earlier one', async () => {
      await openTab('Training');
      await page.getByRole('img', { name: /^loss, at the end: training 0\.07\d, validation 0\.1\d+$/ }).waitFor();
      await text('Stopped early after 60 of 120 epochs');
      await screenshot(page, 'model-training');
      await page.getByRole('combobox', { name: 'Report' }).selectOption({ index: 1 });
      await text('Ran to its end.');
    });

    it('shows confusion and sample pictures with heat maps, and enlarges them by keyboard', async () => {
      await openTab('Evaluation', { height: 1500 });
      const confusion = page.getByRole('region', { name: 'Confusion' });
      await eventually(async () => assert.match(await confusion.innerText(), /blowhole[\s\S]*109[\s\S]*96%/));
      const heat = page.getByRole('img', { name: /^Heat map of exp2_num/ });
      await heat.waitFor();
      await page.getByRole('slider', { name: 'Heat map opacity' }).fill('80');
      await eventually(async () => assert.equal(await heat.evaluate((canvas) => canvas.style.opacity), '0.8'));
      await page.waitForFunction(() => [...document.querySelectorAll('.karu-samples canvas')].every((canvas) => canvas.width === 56));
      await screenshot(page, 'model-evaluation');
      await page.locator('.karu-samples').scrollIntoViewIfNeeded();
      await screenshot(page, 'model-samples');
      await page.getByRole('switch', { name: 'Only wrong ones' }).click({ force: true });
      await eventually(async () => assert.equal(await button(/^Enlarge/).count(), 2));
      await button(/^Enlarge exp2_num/).focus();
      await page.keyboard.press('Enter');
      await page.getByRole('dialog').getByRole('img', { name: /^Truth of exp2_num/ }).waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    });

    it('holds variants against their parent, as a table and as a Pareto chart', async () => {
      await openTab('Compression', { height: 1400 });
      await page.getByRole('img', { name: 'image AUROC against latency; not beaten: pruned-50 0.969 6.80 ms, entropy 0.979 11.2 ms, qat 0.980 11.9 ms, fp32 0.981 29.1 ms' }).waitFor();
      const grid = page.getByRole('grid', { name: 'Variants' });
      const row = (name) => grid.getByRole('row').filter({ has: page.getByText(name, { exact: true }) }).first();
      await eventually(async () => assert.match(await row('entropy').innerText(), /Chosen[\s\S]*0\.979[\s\S]*−0\.19[\s\S]*2\.60 ×/));
      await eventually(async () => assert.match(await row('random-normal').innerText(), /Refused[\s\S]*at most 0\.0050 may be lost[\s\S]*1\.31%/));
      await eventually(async () => assert.equal(await grid.getByRole('row').count(), 19));
      const columns = ['Scope', 'Variant', 'image AUROC', 'pixel AUROC', 'Latency p50', 'Speed', 'Size', 'MACs', 'Clipped'];
      await eventually(async () => assert.deepEqual(await grid.getByRole('columnheader').allInnerTexts(), columns));
      const all = grid.getByRole('row').filter({ hasText: 'magnetic-tiles, deeppcb, boards' });
      await eventually(async () => assert.match(await all.first().innerText(), /deeppcb 0\.931[\s\S]*boards 0\.881/));
      await screenshot(page, 'model-compression');
      const steps = row('mixed').locator('details');
      await eventually(async () => assert.equal(await steps.getByText('student/conv_91').isVisible(), false));
      await steps.locator('summary').click();
      await eventually(async () => assert.ok(await steps.getByText('student/conv_91').isVisible()));
      await page.getByRole('combobox', { name: 'Metric' }).selectOption('pixel AUROC');
      await page.getByRole('img', { name: /^pixel AUROC against latency/ }).waitFor();
    });

    it('says how a report gets here when there is none, in Chinese and dark too', async () => {
      await enter();
      await page.goto('/models/tiles/sha256:' + '7c41d09e'.repeat(8) + '/compression');
      await button('Use the dark theme').click();
      await button('Switch to Chinese').click();
      await text('质量与延迟');
      await screenshot(page, 'model-compression-dark');
      await page.goto('/models/golden-template/sha256:' + '81c0a4be'.repeat(8) + '/evaluation');
      await text('没有评估报告');
      await text('./karu model report upload golden-template 81c0a4be81c0 FOLDER');
    });

    it('fits a narrow screen', async () => {
      await enter({ width: 420, height: 900 });
      await page.goto('/models/tiles/sha256:' + '7c41d09e'.repeat(8) + '/compression');
      await page.getByRole('grid', { name: 'Variants' }).waitFor();
      await eventually(async () => assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), true));
    });
  });

  it('shows verdicts live with image, boxes and heat map, and overrules', async () => {
    await enter();
    await goTo(page, 'Verdicts');
    const newest = fixture.state.verdicts[0];
    await page.getByRole('img', { name: `Image of ${newest.frame}` }).waitFor();
    const heat = page.getByRole('img', { name: `Heat map of ${newest.frame}` });
    const slider = page.getByRole('slider', { name: 'Heat map opacity' });
    await slider.focus();
    await page.keyboard.press('Home');
    await eventually(async () => assert.equal(await heat.evaluate((canvas) => canvas.style.opacity), '0'));
    await page.keyboard.press('End');
    await eventually(async () => assert.equal(await heat.evaluate((canvas) => canvas.style.opacity), '1'));
    await slider.fill('55');
    await screenshot(page, 'verdicts');

    const live = fixture.verdict(0, 'REVIEW');
    fixture.send('verdict', live);
    await page.getByRole('option', { name: `Review, line-1, ${live.frame}` }).waitFor();
    await page.getByRole('img', { name: `Image of ${live.frame}` }).waitFor();
    fixture.send('overrule', { gateway: live.gateway, station: live.station, frame: live.frame, decision: 'ACCEPT', operator: 'operator-7', at: new Date().toISOString(), note: 'dust' });
    await text('operator-7 overruled this: Accept');
  });

  it('moves through verdicts by keyboard, filters, pages and asks for images that are away', async () => {
    await enter();
    await goTo(page, 'Verdicts');
    const listed = page.getByRole('listbox', { name: 'Recent verdicts' }).getByRole('option');
    await listed.first().focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('j');
    await listed.and(page.getByRole('option', { selected: true, name: new RegExp(fixture.state.verdicts[2].frame) })).waitFor();
    await eventually(async () => assert.equal(await page.getByRole('switch', { name: 'Follow live' }).isChecked(), false));
    await page.getByRole('combobox', { name: 'Decision' }).selectOption('Reject');
    await listed.and(page.getByRole('option', { name: /^Accept/ })).first().waitFor({ state: 'detached' });
    await page.getByRole('combobox', { name: 'Decision' }).selectOption('Decision: All');
    const away = fixture.state.verdicts.find((verdict) => !verdict.imageHere);
    await page.getByRole('option', { name: new RegExp(away.frame) }).click();
    await button('Ask for the image').click();
    await text('It comes within the gateway’s budget');
    fixture.send('blob', { digest: away.image });
    await page.getByRole('img', { name: `Image of ${away.frame}` }).waitFor();
  });

  it('speaks Chinese, is dark when asked, and remembers both', async () => {
    await enter();
    await button('Use the dark theme').click();
    await button('Switch to Chinese').click();
    await page.getByRole('heading', { level: 1, name: '网关' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { level: 1, name: '网关' }).waitFor();
    await eventually(async () => assert.equal(await page.evaluate(() => document.documentElement.classList.contains('pf-v6-theme-dark')), true));
    await eventually(async () => assert.equal(await page.evaluate(() => document.documentElement.lang), 'zh-CN'));
    await page.goto('/verdicts');
    await page.getByRole('heading', { level: 1, name: '判定' }).waitFor();
    await page.getByRole('img', { name: /的图像$/ }).waitFor();
    await screenshot(page, 'verdicts-dark');
  });

  it('shows who each gateway proves to be, and revokes, renews and enrols with the reason', async () => {
    await enter();
    await page.getByRole('link', { name: 'Identities' }).click();
    await text('2 of 5 gateways have a valid certificate');
    const row = (name) => page.getByRole('row').filter({ has: page.getByRole('link', { name }) });
    await eventually(async () => assert.match(await row('gateway-1').innerText(), /Valid[\s\S]*KEYS-V1[\s\S]*2027[\s\S]*certificate required/));
    await eventually(async () => assert.match(await row('gateway-3').innerText(), /Revoked[\s\S]*stolen from the line/));
    await eventually(async () => assert.match(await row('gateway-4').innerText(), /Renewal due[\s\S]*EST/));
    await eventually(async () => assert.match(await row('gateway-5').innerText(), /Running[\s\S]*is not connected/));
    await screenshot(page, 'identities');
    const act = async (name, action) => {
      await row(name).getByRole('button').click();
      await page.getByRole('menuitem', { name: action, exact: true }).click();
    };
    await act('gateway-1', 'Revoke');
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Revoke' }).click();
    await text('reason is missing');
    await dialog.getByLabel('Reason').fill('scrapped');
    await dialog.getByRole('button', { name: 'Revoke' }).click();
    await text('scrapped');
    await act('gateway-2', 'Enrol');
    await dialog.getByRole('button', { name: 'Enrol' }).click();
    await row('gateway-2').getByText('Running').waitFor();
    await act('gateway-2', 'One-time token');
    await dialog.getByRole('button', { name: 'One-time token' }).click();
    await eventually(async () => assert.equal(await dialog.getByRole('textbox').first().inputValue(), 'one-time-token'));
    await dialog.getByRole('button', { name: 'Close', exact: true }).last().click();
    Object.assign(fixture.state.identities[1], { state: 'VALID', enrolment: { status: 'DONE', step: 'has its certificate' } });
    fixture.send('identity', fixture.state.identities[1]);
    await row('gateway-2').getByText('Done').waitFor();
  });

  it('shows who did what, live, and verifies the chain; others than admins do not see it', async () => {
    await enter();
    await page.getByRole('link', { name: 'Audit log' }).click();
    const rows = page.getByRole('row');
    await text('cut short');
    await eventually(async () => assert.equal(await rows.count(), 5));
    await eventually(async () => assert.match(await rows.filter({ hasText: 'oidc:eva' }).innerText(), /viewer · oidc[\s\S]*NOT_ALLOWED/));
    await button('Verify the chain').click();
    await text('5 lines follow each other');
    await screenshot(page, 'audit');
    fixture.state.audit.unshift({ ...fixture.state.audit[1], sequence: 6, actor: 'ben', action: 'DELETE /api/v1/people/{name}' });
    fixture.send('audit', fixture.state.audit[0]);
    await text('ben');
    await page.getByLabel('Filter by action or subject').fill('revocation');
    await rows.filter({ hasText: 'ben' }).waitFor({ state: 'detached' });
    fixture.state.role = 'VIEWER';
    await page.goto('/identities');
    await text('2027');
    await eventually(async () => assert.equal(await page.getByRole('link', { name: 'Audit log' }).count(), 0));
    await eventually(async () => assert.equal(await page.getByRole('row').getByRole('button').count(), 0));
    fixture.state.role = 'ADMIN';
  });

  it('can be used without a mouse', async () => {
    await enter();
    await page.reload();
    await page.getByRole('heading', { level: 1, name: 'Fleet' }).waitFor();
    await page.keyboard.press('Tab');
    await eventually(async () => assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Skip to content'));
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Verdicts' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Verdicts' }).waitFor();
  });

  it('fits a narrow screen', async () => {
    await enter({ width: 420, height: 800 });
    await page.goto('/verdicts');
    await page.getByRole('img', { name: /^Image of/ }).waitFor();
    await eventually(async () => assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), true));
  });

  it('says that it reconnects, and asks for the login when the session has ended', async () => {
    const own = await startFixture();
    try {
      page = await openConsole({ url: own.url });
      await login(page, { password });
      await text('3 of 5 gateways online');
      await page.context().clearCookies();
      const heading = page.getByRole('heading', { name: 'Log in to Karu' });
      await page.getByRole('link', { name: 'Models' }).or(heading).first().click();
      await heading.waitFor();
      await login(page, { password });
      own.close();
      await page.getByText('Reconnecting').waitFor();
    } finally {
      own.close();
    }
  });
});
