import { Button, EmptyState, EmptyStateBody, Label } from '@patternfly/react-core';
import { PlusCircleIcon, RocketIcon } from '@patternfly/react-icons';
import { ExpandableRowContent, Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table';
import { useState } from 'react';
import { useSearchParams } from 'react-router';
import type { Rollout } from '../api/client';
import { useRollouts } from '../api/queries';
import { PageBody } from '../elements/PageBody';
import { Ago } from '../elements/Quantity';
import { Reading } from '../elements/Reading';
import { useWords } from '../i18n';
import { GroupBar } from './GroupBar';
import { NewRollout } from './NewRollout';
import { RolloutDetail } from './RolloutDetail';

export default function RolloutsPage() {
  const { t } = useWords();
  const rollouts = useRollouts();
  const [creating, setCreating] = useState(false);
  const [address, setAddress] = useSearchParams();
  const open = Number(address.get('rollout')) || undefined;
  return (
    <PageBody
      name={t('rollouts.title')}
      title={t('rollouts.title')}
      actions={
        <Button icon={<PlusCircleIcon />} onClick={() => setCreating(true)}>
          {t('rollouts.new')}
        </Button>
      }
    >
      <Reading query={rollouts}>
        {(all) =>
          all.length === 0 ? (
            <EmptyState titleText={t('rollouts.empty')} icon={RocketIcon} headingLevel="h2">
              <EmptyStateBody>{t('rollouts.emptyHint')}</EmptyStateBody>
            </EmptyState>
          ) : (
            <Table aria-label={t('rollouts.title')} variant="compact">
              <Thead>
                <Tr>
                  <Th screenReaderText={t('rollouts.col.id')} />
                  <Th>{t('rollouts.col.id')}</Th>
                  <Th>{t('rollouts.col.artefact')}</Th>
                  <Th>{t('rollouts.col.state')}</Th>
                  <Th width={20}>{t('rollouts.col.gateways')}</Th>
                  <Th width={40}>{t('rollouts.col.reason')}</Th>
                  <Th modifier="nowrap">{t('rollouts.col.updated')}</Th>
                </Tr>
              </Thead>
              {all.map((rollout) => (
                <Rows
                  key={rollout.id}
                  rollout={rollout}
                  open={rollout.id === open}
                  toggle={() => setAddress(rollout.id === open ? {} : { rollout: String(rollout.id) }, { replace: true })}
                />
              ))}
            </Table>
          )
        }
      </Reading>
      {creating && <NewRollout close={() => setCreating(false)} />}
    </PageBody>
  );
}

function Rows({ rollout, open, toggle }: { rollout: Rollout; open: boolean; toggle: () => void }) {
  const { t } = useWords();
  const counts: Record<string, number> = {};
  for (const group of rollout.groups) for (const [state, n] of Object.entries(group.counts)) counts[state] = (counts[state] ?? 0) + n;
  return (
    <Tbody isExpanded={open}>
      <Tr>
        <Td expand={{ rowIndex: rollout.id, isExpanded: open, onToggle: toggle }} />
        <Td dataLabel={t('rollouts.col.id')}>{rollout.id}</Td>
        <Td dataLabel={t('rollouts.col.artefact')}>
          <div>{rollout.artefact}</div>
          <div className="karu-quiet">{rollout.name}</div>
        </Td>
        <Td dataLabel={t('rollouts.col.state')} className="karu-nowrap">
          <RolloutLabel rollout={rollout} />
        </Td>
        <Td dataLabel={t('rollouts.col.gateways')}>
          <GroupBar name={rollout.name} counts={counts} />
        </Td>
        <Td dataLabel={t('rollouts.col.reason')} className="karu-cause">
          {rollout.reason}
        </Td>
        <Td dataLabel={t('rollouts.col.updated')} className="karu-nowrap">
          <Ago at={rollout.updatedAt} />
        </Td>
      </Tr>
      <Tr isExpanded={open}>
        <Td />
        <Td colSpan={6}>
          <ExpandableRowContent>{open && <RolloutDetail id={rollout.id} />}</ExpandableRowContent>
        </Td>
      </Tr>
    </Tbody>
  );
}

const looks: Record<Rollout['state'], { status?: 'success' | 'danger' | 'warning' | 'info'; color?: 'blue' | 'grey' }> = {
  WAITING_FOR_APPROVAL: { status: 'info' },
  DENIED: { color: 'grey' },
  READY: { color: 'grey' },
  RUNNING: { color: 'blue' },
  PAUSED: { status: 'warning' },
  HALTED: { status: 'danger' },
  FINISHED: { status: 'success' },
  STOPPED: { color: 'grey' },
  REVERTING: { status: 'warning' },
  REVERTED: { status: 'danger' },
};

export function RolloutLabel({ rollout }: { rollout: Rollout }) {
  const { t } = useWords();
  const { status, color } = looks[rollout.state];
  return (
    <Label isCompact status={status} color={color}>
      {t(`rollout.state.${rollout.state}`)}
    </Label>
  );
}
