import { Button, EmptyState, EmptyStateActions, EmptyStateBody, EmptyStateFooter, Label, LabelGroup, Tooltip } from '@patternfly/react-core';
import { CubesIcon, PlusCircleIcon, SearchIcon } from '@patternfly/react-icons';
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table';
import { useState } from 'react';
import { Link } from 'react-router';
import type { Gateway } from '../api/client';
import { useGateways } from '../api/queries';
import { PageBody } from '../elements/PageBody';
import { Ago } from '../elements/Quantity';
import { Reading } from '../elements/Reading';
import { SearchField } from '../elements/SearchField';
import { useWords } from '../i18n';
import { RegisterDialog } from './RegisterDialog';
import { HealthLabel, StateLabel } from './StateLabel';

export default function FleetPage() {
  const { t } = useWords();
  const gateways = useGateways();
  const [filter, setFilter] = useState('');
  const [registering, setRegistering] = useState(false);
  const online = gateways.data?.filter((gateway) => gateway.state === 'ONLINE').length ?? 0;
  return (
    <PageBody
      name={t('fleet.title')}
      title={t('fleet.title')}
      summary={gateways.data && t('fleet.summary', { online, total: gateways.data.length })}
      actions={
        <Button icon={<PlusCircleIcon />} onClick={() => setRegistering(true)}>
          {t('fleet.add')}
        </Button>
      }
    >
      <Reading query={gateways}>
        {(all) =>
          all.length === 0 ? (
            <EmptyState titleText={t('fleet.empty')} icon={CubesIcon} headingLevel="h2">
              <EmptyStateBody>{t('fleet.emptyHint')}</EmptyStateBody>
            </EmptyState>
          ) : (
            <>
              <SearchField label={t('fleet.filter')} value={filter} onChange={setFilter} />
              <FleetTable gateways={all.filter((gateway) => matches(gateway, filter))} clear={() => setFilter('')} />
            </>
          )
        }
      </Reading>
      {registering && <RegisterDialog close={() => setRegistering(false)} />}
    </PageBody>
  );
}

/** Kura says KURA_5.6.0. */
const kura = (version: string) => 'Kura ' + version.replace(/^KURA_/, '');

const matches = (gateway: Gateway, filter: string) =>
  [gateway.clientId, gateway.name, gateway.site, gateway.reason, gateway.state, ...gateway.tags]
    .join(' ')
    .toLowerCase()
    .includes(filter.toLowerCase());

function FleetTable({ gateways, clear }: { gateways: Gateway[]; clear: () => void }) {
  const { t } = useWords();
  if (gateways.length === 0)
    return (
      <EmptyState titleText={t('fleet.none')} icon={SearchIcon} headingLevel="h2" variant="sm">
        <EmptyStateFooter>
          <EmptyStateActions>
            <Button variant="link" onClick={clear}>
              {t('fleet.clear')}
            </Button>
          </EmptyStateActions>
        </EmptyStateFooter>
      </EmptyState>
    );
  return (
    <Table aria-label={t('fleet.title')} variant="compact">
      <Thead>
        <Tr>
          <Th>{t('fleet.col.gateway')}</Th>
          <Th>{t('fleet.col.state')}</Th>
          <Th>{t('fleet.col.health')}</Th>
          <Th>{t('fleet.col.drift')}</Th>
          <Th>{t('fleet.col.versions')}</Th>
          <Th>{t('fleet.col.lastSeen')}</Th>
        </Tr>
      </Thead>
      <Tbody>
        {gateways.map((gateway) => (
          <Tr key={gateway.clientId}>
            <Td dataLabel={t('fleet.col.gateway')}>
              <Link to={`/fleet/${encodeURIComponent(gateway.clientId)}`} className="karu-name">
                {gateway.clientId}
              </Link>
              <div className="karu-quiet">
                {[gateway.name !== gateway.clientId && gateway.name, gateway.site, ...gateway.tags].filter(Boolean).join(' · ')}
              </div>
            </Td>
            <Td dataLabel={t('fleet.col.state')}>
              <LabelGroup numLabels={4}>
                <StateLabel gateway={gateway} />
                {gateway.conflict && (
                  <Tooltip content={gateway.conflict.reason}>
                    <Label isCompact status="danger" tabIndex={0}>
                      {t('fleet.conflict')}
                    </Label>
                  </Tooltip>
                )}
                {gateway.missing.length > 0 && (
                  <Tooltip content={gateway.missing.join(' ')}>
                    <Label isCompact status="warning" tabIndex={0}>
                      {t('fleet.missing')}
                    </Label>
                  </Tooltip>
                )}
                {gateway.deployment && (
                  <Label isCompact color="blue" icon={<span className="karu-pulse" />}>
                    {t('fleet.deploying')}
                  </Label>
                )}
              </LabelGroup>
              <div className="karu-quiet karu-reason">{gateway.reason}</div>
            </Td>
            <Td dataLabel={t('fleet.col.health')}>
              <HealthLabel gateway={gateway} />
            </Td>
            <Td dataLabel={t('fleet.col.drift')}>
              {gateway.drift.length === 0 ? (
                <span className="karu-quiet">{t('fleet.inSync')}</span>
              ) : (
                <Tooltip content={gateway.drift.map((difference) => difference.cause).join(' ')}>
                  <Label isCompact status="warning" tabIndex={0}>
                    {t('fleet.drift', { n: gateway.drift.length })}
                  </Label>
                </Tooltip>
              )}
            </Td>
            <Td dataLabel={t('fleet.col.versions')}>
              {gateway.versions.kura ? (
                <>
                  <div className="karu-nowrap">{kura(gateway.versions.kura)}</div>
                  <div className="karu-quiet karu-nowrap">
                    Java {gateway.versions.java} · {gateway.versions.architecture}
                  </div>
                </>
              ) : (
                <span className="karu-quiet">{t('state.unknown')}</span>
              )}
            </Td>
            <Td dataLabel={t('fleet.col.lastSeen')} className="karu-nowrap">
              <Ago at={gateway.lastSeen} />
            </Td>
          </Tr>
        ))}
      </Tbody>
    </Table>
  );
}
