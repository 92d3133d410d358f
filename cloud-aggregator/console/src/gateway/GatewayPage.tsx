import {
  Alert,
  Breadcrumb,
  BreadcrumbItem,
  Button,
  Dropdown,
  DropdownItem,
  DropdownList,
  Flex,
  MenuToggle,
  Tab,
  Tabs,
  TabTitleText,
} from '@patternfly/react-core';
import { EllipsisVIcon, SyncAltIcon } from '@patternfly/react-icons';
import { useState, type ReactNode } from 'react';
import { Link, useNavigate, useParams } from 'react-router';
import { api, body, type GatewayDetail, type Schemas } from '../api/client';
import { keys, useChange, useGateway } from '../api/queries';
import { Confirm } from '../elements/Confirm';
import { PageBody } from '../elements/PageBody';
import { Failure, Reading } from '../elements/Reading';
import { CredentialsDialog } from '../fleet/RegisterDialog';
import { StateLabel } from '../fleet/StateLabel';
import { useWords } from '../i18n';
import { Configuration } from './Configuration';
import { Models } from './Models';
import { Overview } from './Overview';
import { Packages } from './Packages';
import { Stations } from './Stations';

const tabs = ['overview', 'stations', 'models', 'packages', 'configuration'] as const;

export default function GatewayPage() {
  const { t } = useWords();
  const navigate = useNavigate();
  const { clientId = '', tab = 'overview' } = useParams();
  const detail = useGateway(clientId);
  const content: Record<(typeof tabs)[number], (detail: GatewayDetail) => ReactNode> = {
    overview: (data) => <Overview detail={data} />,
    stations: (data) => <Stations gateway={data.gateway} />,
    models: (data) => <Models gateway={data.gateway} />,
    packages: (data) => <Packages detail={data} />,
    configuration: (data) => <Configuration gateway={data.gateway} />,
  };
  const shown = tabs.find((name) => name === tab) ?? 'overview';
  return (
    <PageBody
      name={clientId}
      breadcrumb={
        <Breadcrumb>
          <BreadcrumbItem render={({ className }) => <Link className={className} to="/fleet">{t('fleet.title')}</Link>} />
          <BreadcrumbItem isActive>{clientId}</BreadcrumbItem>
        </Breadcrumb>
      }
      title={clientId}
      summary={
        detail.data && (
          <Flex gap={{ default: 'gapSm' }}>
            <StateLabel gateway={detail.data.gateway} />
            <span>{detail.data.gateway.reason}</span>
          </Flex>
        )
      }
      actions={detail.data && <Actions detail={detail.data} />}
    >
      <Reading query={detail}>
        {(data) => (
          <>
            {data.gateway.conflict && <Conflict clientId={clientId} conflict={data.gateway.conflict} />}
            {data.gateway.missing.map((missing) => (
              <Alert key={missing} isInline variant="warning" title={missing} className="karu-notice" />
            ))}
            {data.gateway.state !== 'ONLINE' && shown !== 'configuration' && (
              <Alert isInline isPlain variant="info" title={t('gateway.offlineNote')} className="karu-notice" />
            )}
            <Tabs
              activeKey={shown}
              onSelect={(_, key) => navigate(`/fleet/${encodeURIComponent(clientId)}/${key}`)}
              aria-label={clientId}
              role="region"
            >
              {tabs.map((name) => (
                <Tab key={name} eventKey={name} title={<TabTitleText>{t(`tab.${name}`)}</TabTitleText>}>
                  {name === shown && <div className="karu-tab">{content[name](data)}</div>}
                </Tab>
              ))}
            </Tabs>
          </>
        )}
      </Reading>
    </PageBody>
  );
}

function Conflict({ clientId, conflict }: { clientId: string; conflict: Schemas['Conflict'] }) {
  const { t } = useWords();
  const dismiss = useChange(
    (id: string) => body(api.DELETE('/api/v1/gateways/{clientId}/conflict', { params: { path: { clientId: id } } })),
    (id) => [keys.gateways, keys.gateway(id)],
  );
  return (
    <Alert
      isInline
      variant="danger"
      className="karu-notice"
      title={t('fleet.conflict')}
      actionLinks={
        <Button variant="link" isInline isLoading={dismiss.isPending} onClick={() => dismiss.mutate(clientId)}>
          {t('gateway.dismiss')}
        </Button>
      }
    >
      {conflict.reason}
      {dismiss.error && <Failure error={dismiss.error} title={t('gateway.dismiss')} />}
    </Alert>
  );
}

function Actions({ detail }: { detail: GatewayDetail }) {
  const { t } = useWords();
  const navigate = useNavigate();
  const { clientId } = detail.gateway;
  const [open, setOpen] = useState(false);
  const [asking, setAsking] = useState<'remove' | 'renew'>();
  const [credentials, setCredentials] = useState<Schemas['Credentials']>();
  const path = { clientId };
  const refresh = useChange(
    (id: string) => body(api.POST('/api/v1/gateways/{clientId}/refresh', { params: { path: { clientId: id } } })),
    (id) => [keys.gateway(id)],
  );
  const remove = useChange(
    (id: string) => api.DELETE('/api/v1/gateways/{clientId}', { params: { path: { clientId: id } } }),
    () => [keys.gateways],
  );
  return (
    <Flex gap={{ default: 'gapSm' }}>
      {refresh.error && <span className="karu-wrong">{refresh.error.message}</span>}
      <Button
        variant="secondary"
        icon={<SyncAltIcon />}
        isLoading={refresh.isPending}
        isDisabled={refresh.isPending || detail.gateway.state !== 'ONLINE'}
        onClick={() => refresh.mutate(clientId)}
      >
        {t('action.refresh')}
      </Button>
      <Dropdown
        isOpen={open}
        onOpenChange={setOpen}
        onSelect={() => setOpen(false)}
        popperProps={{ position: 'right' }}
        toggle={(ref) => (
          <MenuToggle ref={ref} variant="plain" onClick={() => setOpen(!open)} isExpanded={open} aria-label={t('action.actions')} icon={<EllipsisVIcon />} />
        )}
      >
        <DropdownList>
          <DropdownItem onClick={() => setAsking('renew')}>{t('gateway.renew')}</DropdownItem>
          <DropdownItem isDanger onClick={() => setAsking('remove')}>
            {t('action.remove')}
          </DropdownItem>
        </DropdownList>
      </Dropdown>
      {asking === 'remove' && (
        <Confirm
          title={t('register.removeTitle', { id: clientId })}
          action={t('action.remove')}
          close={() => setAsking(undefined)}
          run={async () => {
            await remove.mutateAsync(clientId);
            navigate('/fleet');
          }}
        >
          {t('register.removeBody')}
        </Confirm>
      )}
      {asking === 'renew' && (
        <Confirm
          title={t('gateway.renewTitle', { id: clientId })}
          action={t('gateway.renew')}
          close={() => setAsking(undefined)}
          run={async () => setCredentials(await body(api.POST('/api/v1/gateways/{clientId}/credentials', { params: { path } })))}
        >
          {t('gateway.renewBody')}
        </Confirm>
      )}
      {credentials && <CredentialsDialog credentials={credentials} close={() => setCredentials(undefined)} />}
    </Flex>
  );
}
