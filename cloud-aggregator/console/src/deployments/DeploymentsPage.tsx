import { Button, EmptyState, EmptyStateBody, Flex, Label, Progress, ProgressMeasureLocation, ProgressSize, ProgressVariant } from '@patternfly/react-core';
import {
  BanIcon,
  CheckCircleIcon,
  ExclamationCircleIcon,
  InProgressIcon,
  PendingIcon,
  PlusCircleIcon,
  RocketIcon,
} from '@patternfly/react-icons';
import { ExpandableRowContent, Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table';
import { useState, type ReactElement } from 'react';
import { Link, useSearchParams } from 'react-router';
import { api, body, type Deployment } from '../api/client';
import { keys, useChange, useDeployment, useDeployments } from '../api/queries';
import { PageBody } from '../elements/PageBody';
import { Ago, shortDigest, useFormat } from '../elements/Quantity';
import { Failure, Reading } from '../elements/Reading';
import { useWords } from '../i18n';
import { NewDeployment } from './NewDeployment';
import { UploadButton } from './UploadButton';

export default function DeploymentsPage() {
  const { t } = useWords();
  const deployments = useDeployments();
  const [creating, setCreating] = useState(false);
  const [address, setAddress] = useSearchParams();
  const open = Number(address.get('job')) || undefined;
  return (
    <PageBody
      name={t('deployments.title')}
      title={t('deployments.title')}
      actions={
        <Flex gap={{ default: 'gapSm' }}>
          <UploadButton path="/api/v1/packages" accept=".dp" type="application/octet-stream" stale={keys.packages} label={t('deployments.upload')} done={(made) => t('deployments.offered', made)} />
          <Button icon={<PlusCircleIcon />} onClick={() => setCreating(true)}>
            {t('deployments.new')}
          </Button>
        </Flex>
      }
    >
      <Reading query={deployments}>
        {(all) =>
          all.length === 0 ? (
            <EmptyState titleText={t('deployments.empty')} icon={RocketIcon} headingLevel="h2">
              <EmptyStateBody>{t('deployments.emptyHint')}</EmptyStateBody>
            </EmptyState>
          ) : (
            <Table aria-label={t('deployments.title')} variant="compact">
              <Thead>
                <Tr>
                  <Th screenReaderText={t('deployments.col.id')} />
                  <Th>{t('deployments.col.id')}</Th>
                  <Th modifier="nowrap">{t('deployments.col.gateway')}</Th>
                  <Th>{t('deployments.col.subject')}</Th>
                  <Th>{t('deployments.col.state')}</Th>
                  <Th>{t('deployments.col.cause')}</Th>
                  <Th modifier="nowrap">{t('deployments.col.updated')}</Th>
                  <Th screenReaderText={t('action.actions')} />
                </Tr>
              </Thead>
              {all.map((deployment) => (
                <Rows
                  key={deployment.id}
                  deployment={deployment}
                  open={deployment.id === open}
                  toggle={() => setAddress(deployment.id === open ? {} : { job: String(deployment.id) }, { replace: true })}
                />
              ))}
            </Table>
          )
        }
      </Reading>
      {creating && <NewDeployment close={() => setCreating(false)} />}
    </PageBody>
  );
}

const hasEnded = ({ state }: Deployment) => state === 'SUCCEEDED' || state === 'FAILED' || state === 'CANCELLED';

function Rows({ deployment, open, toggle }: { deployment: Deployment; open: boolean; toggle: () => void }) {
  const { t } = useWords();
  const { id } = deployment;
  const stale = () => [keys.deployments, keys.deployment(id)];
  const retry = useChange(() => body(api.POST('/api/v1/deployments/{id}/retry', { params: { path: { id } } })), stale);
  const cancel = useChange(() => body(api.POST('/api/v1/deployments/{id}/cancel', { params: { path: { id } } })), stale);
  const cancellable = ['QUEUED', 'SENDING', 'TRANSFERRING'].includes(deployment.state) && !deployment.restoring;
  return (
    <Tbody isExpanded={open}>
      <Tr>
        <Td expand={{ rowIndex: id, isExpanded: open, onToggle: toggle }} />
        <Td dataLabel={t('deployments.col.id')}>{id}</Td>
        <Td dataLabel={t('deployments.col.gateway')} className="karu-nowrap">
          <Link to={`/fleet/${encodeURIComponent(deployment.gateway)}`}>{deployment.gateway}</Link>
        </Td>
        <Td dataLabel={t('deployments.col.subject')}>
          <div>{deployment.subject}</div>
          <div className="karu-quiet">
            {t(`deployment.kind.${deployment.kind}`)}
            {deployment.version && ` · ${deployment.version.startsWith('sha256:') ? shortDigest(deployment.version) : deployment.version}`}
            {deployment.previousVersion && ` (${t('deployments.previous', { version: deployment.previousVersion })})`}
          </div>
        </Td>
        <Td dataLabel={t('deployments.col.state')} className="karu-nowrap">
          <DeploymentLabel deployment={deployment} />
        </Td>
        <Td dataLabel={t('deployments.col.cause')} className="karu-cause">
          <Cause deployment={deployment} />
          {(retry.error ?? cancel.error) && <Failure error={(retry.error ?? cancel.error)!} title={t('action.retry')} />}
        </Td>
        <Td dataLabel={t('deployments.col.updated')} className="karu-nowrap">
          <Ago at={deployment.updatedAt} />
        </Td>
        <Td isActionCell>
          {(deployment.state === 'FAILED' || deployment.state === 'CANCELLED') && (
            <Button variant="secondary" size="sm" isLoading={retry.isPending} onClick={() => retry.mutate(undefined)}>
              {t('deployments.retry')}
            </Button>
          )}
          {cancellable && (
            <Button variant="secondary" size="sm" isLoading={cancel.isPending} onClick={() => cancel.mutate(undefined)}>
              {t('deployments.cancel')}
            </Button>
          )}
        </Td>
      </Tr>
      <Tr isExpanded={open}>
        <Td />
        <Td colSpan={7}>
          <ExpandableRowContent>{open && <History id={id} />}</ExpandableRowContent>
        </Td>
      </Tr>
    </Tbody>
  );
}

const looks: Record<Deployment['state'], { status?: 'success' | 'danger' | 'warning' | 'info'; color?: 'blue' | 'grey'; icon: ReactElement }> = {
  QUEUED: { color: 'grey', icon: <PendingIcon /> },
  SENDING: { color: 'blue', icon: <InProgressIcon /> },
  TRANSFERRING: { color: 'blue', icon: <InProgressIcon /> },
  INSTALLING: { color: 'blue', icon: <InProgressIcon /> },
  VERIFYING: { color: 'blue', icon: <InProgressIcon /> },
  SUCCEEDED: { status: 'success', icon: <CheckCircleIcon /> },
  FAILED: { status: 'danger', icon: <ExclamationCircleIcon /> },
  CANCELLED: { color: 'grey', icon: <BanIcon /> },
};

function DeploymentLabel({ deployment }: { deployment: Deployment }) {
  const { t } = useWords();
  const { status, color, icon } = looks[deployment.state];
  return (
    <Flex gap={{ default: 'gapXs' }}>
      <Label isCompact status={status} color={color} icon={icon}>
        {t(`deployment.state.${deployment.state}`)}
      </Label>
      {deployment.restoring && !hasEnded(deployment) && (
        <Label isCompact status="warning">
          {t('deployments.restoring')}
        </Label>
      )}
    </Flex>
  );
}

function Cause({ deployment }: { deployment: Deployment }) {
  const { t } = useWords();
  const { failure } = deployment;
  if (failure)
    return (
      <div>
        <div>
          <code className="karu-digest">{failure.code}</code> {failure.reason}
        </div>
        <div className="karu-quiet">{failure.outcome}</div>
        {!hasEnded(deployment) && <div className="karu-quiet">{deployment.step}</div>}
      </div>
    );
  if (deployment.state === 'TRANSFERRING')
    return (
      <Progress
        value={deployment.progress}
        title={deployment.step}
        size={ProgressSize.sm}
        measureLocation={ProgressMeasureLocation.outside}
        variant={deployment.restoring ? ProgressVariant.warning : undefined}
        aria-label={t('deployments.col.cause')}
      />
    );
  return <span className={hasEnded(deployment) ? 'karu-quiet' : undefined}>{deployment.step}</span>;
}

function History({ id }: { id: number }) {
  const { t } = useWords();
  const { time } = useFormat();
  const deployment = useDeployment(id);
  return (
    <Reading query={deployment}>
      {({ origin, notBefore, history = [] }) => (
        <>
          <p className="karu-quiet">
            {t('deployments.origin', { origin })}
            {notBefore && ` · ${t('deployments.notBefore', { time: time(notBefore) })}`}
          </p>
          <ol className="karu-history" aria-label={t('deployments.steps', { id })}>
            {history.map((step, index) => (
              <li key={index}>
                <time dateTime={step.at}>{time(step.at)}</time>
                <span>{t(`deployment.state.${step.state}`)}</span>
                <span>{step.message}</span>
              </li>
            ))}
          </ol>
        </>
      )}
    </Reading>
  );
}
