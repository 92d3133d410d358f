import { Button, Label, Title } from '@patternfly/react-core';
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table';
import { useQuery } from '@tanstack/react-query';
import { api, body, type Gateway, type Schemas } from '../api/client';
import { keys, useChange } from '../api/queries';
import { shortDigest, useFormat } from '../elements/Quantity';
import { Failure } from '../elements/Reading';
import { useWords } from '../i18n';

type Evidence = Schemas['Evidence'];

const REJECT = 2;

/** Challengers of the gateway beside their champion, station by station; nothing when there are none. */
export function Shadow({ gateway, installed }: { gateway: Gateway; installed: Schemas['InstalledModel'][] }) {
  const { t } = useWords();
  const { number } = useFormat();
  const { clientId } = gateway;
  const challengers = installed.filter((model) => model.aliases.includes('challenger'));
  const evidence = useQuery({
    queryKey: [...keys.gateway(clientId), 'evidence'],
    enabled: gateway.state === 'ONLINE' && challengers.length > 0,
    refetchInterval: 5000,
    queryFn: async () => (await body(api.GET('/api/v1/gateways/{clientId}/evidence', { params: { path: { clientId } } }))).evidence,
  });
  const stale = () => [keys.gateway(clientId), keys.deployments];
  const end = useChange(
    (name: string) => body(api.DELETE('/api/v1/gateways/{clientId}/models/{name}/challenger', { params: { path: { clientId, name } } })),
    stale,
  );
  const promote = useChange(
    ({ name, model }: Evidence) =>
      body(
        api.POST('/api/v1/gateways/{clientId}/models/{name}/activate', {
          params: { path: { clientId, name } },
          body: { digest: model, alias: 'champion' },
        }),
      ),
    stale,
  );
  const failure = end.error ?? promote.error;
  if (challengers.length === 0) {
    return null;
  }
  const percent = (part: number, of: number) => (of === 0 ? '–' : `${number((100 * part) / of, 1)} %`);
  const rows = (evidence.data ?? []).filter((one) => one.role === 'challenger' && challengers.some(({ digest }) => digest === one.model));
  const championRejected = ({ counts = [] }: Evidence) => (counts[REJECT] ?? []).reduce((sum, count) => sum + count, 0);
  return (
    <section className="karu-shadow" aria-label={t('shadow.title')}>
      <Title headingLevel="h2" size="md">
        {t('shadow.title')}
      </Title>
      {failure && <Failure error={failure} title={t('shadow.title')} />}
      <p className="karu-quiet">{rows.length === 0 ? t('shadow.waiting') : t('shadow.hint')}</p>
      <Table aria-label={t('shadow.title')} variant="compact">
        <Thead>
          <Tr>
            <Th>{t('models.col.version')}</Th>
            <Th>{t('verdicts.filter.station')}</Th>
            <Th>{t('shadow.compared')}</Th>
            <Th modifier="wrap">{t('shadow.agreement')}</Th>
            <Th>{t('shadow.missed')}</Th>
            <Th>{t('shadow.rejects')}</Th>
            <Th>{t('shadow.latency')}</Th>
            <Th modifier="wrap">{t('shadow.cost')}</Th>
            <Th screenReaderText={t('action.actions')} />
          </Tr>
        </Thead>
        <Tbody>
          {rows.map((one) => (
            <Tr key={`${one.station} ${one.model} ${one.since}`}>
              <Td dataLabel={t('models.col.version')}>
                {one.name} {one.version} <span className="karu-quiet">{shortDigest(one.model)}</span>
              </Td>
              <Td dataLabel={t('verdicts.filter.station')}>{one.station}</Td>
              <Td dataLabel={t('shadow.compared')}>
                {number(one.frames)} <span className="karu-quiet">{t('shadow.yielded', { n: number(one.yielded ?? 0) })}</span>
              </Td>
              <Td dataLabel={t('shadow.agreement')}>
                <Label isCompact color={one.agreed === one.frames ? 'green' : 'orange'}>
                  {percent(one.agreed ?? 0, one.frames)}
                </Label>
              </Td>
              <Td dataLabel={t('shadow.missed')}>{number(one.counts?.[REJECT]?.[0] ?? 0)}</Td>
              <Td dataLabel={t('shadow.rejects')}>
                {percent(one.rejected, one.frames)} <span className="karu-quiet">{percent(championRejected(one), one.frames)}</span>
              </Td>
              <Td dataLabel={t('shadow.latency')}>
                {number(one.latencyMillis?.p99 ?? 0, 1)} ms{' '}
                <span className="karu-quiet">{number(one.championLatencyMillis?.p99 ?? 0, 1)} ms</span>
              </Td>
              <Td dataLabel={t('shadow.cost')}>
                {number((one.addedBytes ?? 0) / 1e6, 1)} MB, {percent(one.share ?? 0, 1)}
              </Td>
              <Td isActionCell>
                <Button size="sm" variant="secondary" isDisabled={promote.isPending} onClick={() => promote.mutate(one)}>
                  {t('shadow.promote')}
                </Button>
              </Td>
            </Tr>
          ))}
        </Tbody>
      </Table>
      {challengers.map(({ name, version }) => (
        <Button key={name} variant="link" isDanger isDisabled={end.isPending} onClick={() => end.mutate(name)}>
          {t('shadow.end', { name, version })}
        </Button>
      ))}
    </section>
  );
}
