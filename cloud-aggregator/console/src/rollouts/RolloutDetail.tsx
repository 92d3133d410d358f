import { Alert, Button, Flex, Label, Radio } from '@patternfly/react-core';
import { useState } from 'react';
import { Link } from 'react-router';
import { api, body, type Rollout, type Schemas } from '../api/client';
import { keys, useChange, useRollout, useRolloutGateways } from '../api/queries';
import { Confirm } from '../elements/Confirm';
import { Facts } from '../elements/Facts';
import { useFormat } from '../elements/Quantity';
import { Failure, Reading } from '../elements/Reading';
import { useWords } from '../i18n';
import { GroupBar } from './GroupBar';
import { linesOf } from './plan';

type Verb = Schemas['RolloutVerb'];
type Changed = Schemas['RolloutInstruction']['changed'];

export function RolloutDetail({ id }: { id: number }) {
  const { t } = useWords();
  const { time } = useFormat();
  const rollout = useRollout(id);
  return (
    <Reading query={rollout}>
      {(one) => (
        <div className="karu-rollout">
          {(one.state === 'HALTED' || one.state === 'REVERTED' || one.state === 'REVERTING') && (
            <Alert isInline variant={one.state === 'HALTED' ? 'danger' : 'warning'} title={one.reason} />
          )}
          {one.waitsFor && (
            <p className="karu-quiet">{t('rollouts.waits', { owner: one.waitsFor, time: one.deadline ? time(one.deadline) : '–' })}</p>
          )}
          <Verbs rollout={one} />
          <Planned plan={one.plan} />
          <ol className="karu-groups" aria-label={t('rollouts.groups')}>
            {one.groups.map((group) => (
              <li key={group.number}>
                <Group group={group} />
              </li>
            ))}
          </ol>
          <Gateways id={id} />
          <ol className="karu-history" aria-label={t('rollouts.history')}>
            {one.history?.map((entry, index) => (
              <li key={index}>
                <time dateTime={entry.at}>{time(entry.at)}</time>
                <span>{entry.person ?? ''}</span>
                <span>{entry.message}</span>
              </li>
            ))}
          </ol>
        </div>
      )}
    </Reading>
  );
}

function Group({ group }: { group: Schemas['RolloutGroup'] }) {
  const { t } = useWords();
  const status = { SCHEDULED: undefined, RUNNING: 'info', PASSED: 'success', HALTED: 'danger' } as const;
  return (
    <section aria-label={group.name}>
      <Flex gap={{ default: 'gapSm' }} alignItems={{ default: 'alignItemsCenter' }}>
        <strong>{group.name}</strong>
        <Label isCompact status={status[group.state]} color={status[group.state] ? undefined : 'grey'}>
          {t(`rollout.group.${group.state}`)}
        </Label>
        {group.waivedBy && <Label isCompact status="warning">{t('rollouts.waived', { person: group.waivedBy })}</Label>}
      </Flex>
      <GroupBar name={group.name} counts={group.counts} />
      {group.gates.length > 0 && (
        <ul className="karu-gates" aria-label={t('rollouts.gates', { group: group.name })}>
          {group.gates.map((gate) => (
            <li key={gate.gate}>
              <Label isCompact status={gate.outcome === 'PASSED' ? 'success' : gate.outcome === 'FAILED' ? 'danger' : undefined} color={gate.outcome === 'WAITING' ? 'blue' : undefined}>
                {gate.gate}
              </Label>
              <span>
                {gate.sentence}
                {gate.worst && <Worst gate={gate.gate} worst={gate.worst} />}
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

/** The gateway that speaks most against the version. */
function Worst({ gate, worst }: { gate: string; worst: NonNullable<Schemas['RolloutGateResult']['worst']> }) {
  const { t } = useWords();
  const { number, percent } = useFormat();
  return (
    <span className="karu-quiet karu-worst">
      {t('rollouts.worst')} <Link to={`/fleet/${encodeURIComponent(worst.gateway)}`}>{worst.gateway}</Link>{' '}
      {gate === 'agreement' ? percent(worst.value, 1) : `× ${number(worst.value, 2)}`}
    </span>
  );
}

function Planned({ plan }: { plan: Schemas['RolloutPlan'] }) {
  const { t } = useWords();
  const { bytes, weekday } = useFormat();
  const { targets = {}, window, perSite } = plan;
  const list = (names: string[] = []) => names.join(', ');
  const settings = linesOf(plan.artefact);
  return (
    <Facts
      of={[
        [t('rollouts.settings'), settings.length > 0 && settings.map((line) => <div key={line}>{line}</div>)],
        [t('rollouts.sites'), list(targets.sites)],
        [t('rollouts.tags'), list(targets.tags)],
        [t('rollouts.only'), list(targets.gateways)],
        [t('rollouts.except'), list(targets.except)],
        [t('rollouts.window'), window && `${(window.days ?? []).map(weekday).join(', ')} ${window.from} – ${window.to} ${window.zone}`],
        [t('rollouts.atOnce'), perSite?.gatewaysAtOnce],
        [t('rollouts.bandwidthLimit'), perSite?.bytesPerSecond && `${bytes(perSite.bytesPerSecond)}/s`],
      ]}
    />
  );
}

function Verbs({ rollout }: { rollout: Rollout }) {
  const { t } = useWords();
  const [stopping, setStopping] = useState(false);
  const [changed, setChanged] = useState<Changed>();
  const { id } = rollout;
  const stale = () => [keys.rollouts, keys.rollout(id), keys.rolloutGateways(id)];
  const say = useChange(
    ({ verb, what }: { verb: Verb; what?: Changed }) =>
      body(api.POST('/api/v1/rollouts/{id}/{verb}', { params: { path: { id, verb } }, body: { changed: what } })),
    stale,
  );
  const has = rollout.groups.some(({ counts }) => (counts.CHANGED ?? 0) + (counts.CHANGING ?? 0) + (counts.SHADOWING ?? 0) > 0);
  return (
    <>
      <Flex gap={{ default: 'gapSm' }}>
        {rollout.verbs.map((verb) => (
          <Button
            key={verb}
            size="sm"
            variant={verb === 'stop' || verb === 'revert' || verb === 'deny' ? 'danger' : verb === 'start' || verb === 'approve' || verb === 'resume' ? 'primary' : 'secondary'}
            isDisabled={say.isPending}
            onClick={() => (verb === 'stop' && has ? setStopping(true) : say.mutate({ verb }))}
          >
            {t(`rollout.verb.${verb}`)}
          </Button>
        ))}
      </Flex>
      {say.error && <Failure error={say.error} title={t('rollouts.refused')} />}
      {stopping && (
        <Confirm
          title={t('rollouts.stopTitle')}
          action={t('rollout.verb.stop')}
          close={() => setStopping(false)}
          run={async () => {
            if (!changed) throw new Error(t('rollouts.stopUndecided'));
            await say.mutateAsync({ verb: 'stop', what: changed });
          }}
        >
          <p>{t('rollouts.stopQuestion')}</p>
          <Radio id="keep" name="changed" label={t('rollouts.keep')} isChecked={changed === 'KEEP'} onChange={() => setChanged('KEEP')} />
          <Radio id="revert" name="changed" label={t('rollouts.revert')} isChecked={changed === 'REVERT'} onChange={() => setChanged('REVERT')} />
        </Confirm>
      )}
    </>
  );
}

function Gateways({ id }: { id: number }) {
  const { t } = useWords();
  const gateways = useRolloutGateways(id);
  return (
    <Reading query={gateways}>
      {(all) => (
        <details>
          <summary>{t('rollouts.each', { n: all.length })}</summary>
          <ul className="karu-history" aria-label={t('rollouts.col.gateways')}>
            {all.map((one) => (
              <li key={one.gateway}>
                <Link to={`/fleet/${encodeURIComponent(one.gateway)}`}>{one.gateway}</Link>
                <span>{t(`rollout.gateway.${one.state}`)}</span>
                <span>{one.step}</span>
              </li>
            ))}
          </ul>
        </details>
      )}
    </Reading>
  );
}
