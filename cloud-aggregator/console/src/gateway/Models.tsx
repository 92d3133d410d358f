import { Button, EmptyState, Label, LabelGroup } from '@patternfly/react-core';
import { CubeIcon } from '@patternfly/react-icons';
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, body, type Gateway, type Schemas } from '../api/client';
import { keys, useChange } from '../api/queries';
import { Confirm } from '../elements/Confirm';
import { Digest, shortDigest } from '../elements/Quantity';
import { useNotify } from '../elements/Notices';
import { Failure, Reading } from '../elements/Reading';
import { useWords } from '../i18n';
import { Shadow } from './Shadow';

type Installed = Schemas['InstalledModel'];

/** Model versions on the gateway: which decides, activate another, go back. */
export function Models({ gateway }: { gateway: Gateway }) {
  const { t } = useWords();
  const notify = useNotify();
  const { clientId } = gateway;
  const [leaving, setLeaving] = useState<Installed>();
  const models = useQuery({
    queryKey: [...keys.gateway(clientId), 'models'],
    refetchInterval: gateway.state === 'ONLINE' ? 5000 : false,
    queryFn: async () => (await body(api.GET('/api/v1/gateways/{clientId}/models', { params: { path: { clientId } } }))).models,
  });
  const stale = () => [keys.gateway(clientId), keys.deployments];
  const activate = useChange(
    ({ name, digest, alias = 'champion' }: Installed & { alias?: string }) =>
      body(api.POST('/api/v1/gateways/{clientId}/models/{name}/activate', { params: { path: { clientId, name } }, body: { digest, alias } })),
    stale,
  );
  const rollBack = useChange(
    ({ name }: Installed) =>
      body(api.POST('/api/v1/gateways/{clientId}/models/{name}/rollback', { params: { path: { clientId, name } }, body: { alias: 'champion' } })),
    stale,
  );
  const decides = (model: Installed) => model.aliases.includes('champion');
  return (
    <Reading query={models}>
      {(all) =>
        all.length === 0 ? (
          <EmptyState titleText={t('models.none')} icon={CubeIcon} headingLevel="h2" variant="sm" />
        ) : (
          <>
            {activate.error && <Failure error={activate.error} title={t('models.activate')} />}
            <Table aria-label={t('tab.models')} variant="compact">
              <Thead>
                <Tr>
                  <Th>{t('nav.models')}</Th>
                  <Th>{t('models.col.version')}</Th>
                  <Th>{t('models.col.digest')}</Th>
                  <Th>{t('models.col.aliases')}</Th>
                  <Th>{t('models.col.state')}</Th>
                  <Th screenReaderText={t('action.actions')} />
                </Tr>
              </Thead>
              <Tbody>
                {all.map((model) => (
                  <Tr key={model.name + model.digest}>
                    <Td dataLabel={t('nav.models')}>{model.name}</Td>
                    <Td dataLabel={t('models.col.version')}>{model.version}</Td>
                    <Td dataLabel={t('models.col.digest')}>
                      <Digest of={model.digest} />
                    </Td>
                    <Td dataLabel={t('models.col.aliases')}>
                      <LabelGroup>
                        {model.aliases.map((alias) => (
                          <Label key={alias} isCompact color="teal">
                            {alias}
                          </Label>
                        ))}
                      </LabelGroup>
                    </Td>
                    <Td dataLabel={t('models.col.state')}>
                      {model.state}
                      <div className="karu-quiet">{model.reason}</div>
                    </Td>
                    <Td isActionCell>
                      {decides(model) ? (
                        <Button variant="secondary" size="sm" onClick={() => setLeaving(model)}>
                          {t('models.rollback')}
                        </Button>
                      ) : (
                        <Button
                          size="sm"
                          isLoading={activate.isPending && activate.variables?.digest === model.digest}
                          isDisabled={activate.isPending || model.state === 'REJECTED'}
                          aria-label={t('models.activateVersion', { version: model.version })}
                          onClick={() =>
                            activate.mutate(model, {
                              onSuccess: ({ id }) => notify('info', t('models.queued', { id, digest: shortDigest(model.digest) })),
                            })
                          }
                        >
                          {t('models.activate')}
                        </Button>
                      )}
                      {model.aliases.length === 0 && model.state !== 'REJECTED' && (
                        <Button
                          variant="link"
                          size="sm"
                          isDisabled={activate.isPending}
                          aria-label={t('shadow.beginVersion', { version: model.version })}
                          onClick={() => activate.mutate({ ...model, alias: 'challenger' })}
                        >
                          {t('shadow.begin')}
                        </Button>
                      )}
                    </Td>
                  </Tr>
                ))}
              </Tbody>
            </Table>
            <Shadow gateway={gateway} installed={all} />
            {leaving && (
              <Confirm
                title={t('models.rollbackTitle', { name: leaving.name })}
                action={t('models.rollback')}
                close={() => setLeaving(undefined)}
                run={() => rollBack.mutateAsync(leaving)}
              >
                {t('models.rollbackBody')}
              </Confirm>
            )}
          </>
        )
      }
    </Reading>
  );
}
