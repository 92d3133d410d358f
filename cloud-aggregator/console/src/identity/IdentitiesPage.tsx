import {
  Alert,
  Button,
  ClipboardCopy,
  EmptyState,
  EmptyStateBody,
  FormGroup,
  Label,
  Modal,
  ModalBody,
  ModalFooter,
  ModalHeader,
  TextInput,
  Tooltip,
} from '@patternfly/react-core';
import { KeyIcon } from '@patternfly/react-icons';
import { ActionsColumn, Table, Tbody, Td, Th, Thead, Tr, type IAction } from '@patternfly/react-table';
import { useState } from 'react';
import { Link } from 'react-router';
import { api, body, type Schemas } from '../api/client';
import { keys, useChange, useIdentities, useSession } from '../api/queries';
import { Confirm } from '../elements/Confirm';
import { PageBody } from '../elements/PageBody';
import { Ago } from '../elements/Quantity';
import { Failure, Reading } from '../elements/Reading';
import { useWords } from '../i18n';
import type { Message } from '../i18n/en';

type Identity = Schemas['Identity'];
type Asked = { what: 'enrol' | 'newKey' | 'revoke' | 'readmit' | 'token'; identity: Identity };

export default function IdentitiesPage() {
  const { t } = useWords();
  const identities = useIdentities();
  const admin = useSession().data?.role === 'ADMIN';
  const [asked, setAsked] = useState<Asked>();
  const valid = identities.data?.filter(({ state }) => state === 'VALID' || state === 'DUE').length ?? 0;
  return (
    <PageBody
      name={t('identity.title')}
      title={t('identity.title')}
      summary={identities.data && t('identity.summary', { valid, total: identities.data.length })}
      actions={
        <Button variant="link" component="a" href="/authority.pem">
          {t('identity.authority')}
        </Button>
      }
    >
      <Reading query={identities}>
        {(all) =>
          all.length === 0 ? (
            <EmptyState titleText={t('fleet.empty')} icon={KeyIcon} headingLevel="h2">
              <EmptyStateBody>{t('fleet.emptyHint')}</EmptyStateBody>
            </EmptyState>
          ) : (
            <Table aria-label={t('identity.title')} variant="compact">
              <Thead>
                <Tr>
                  <Th>{t('fleet.col.gateway')}</Th>
                  <Th>{t('identity.col.certificate')}</Th>
                  <Th>{t('identity.col.expires')}</Th>
                  <Th>{t('identity.col.login')}</Th>
                  <Th>{t('identity.col.enrolment')}</Th>
                  {admin && <Th screenReaderText={t('identity.col.actions')} />}
                </Tr>
              </Thead>
              <Tbody>
                {all.map((identity) => (
                  <Row key={identity.clientId} identity={identity} admin={admin} ask={setAsked} />
                ))}
              </Tbody>
            </Table>
          )
        }
      </Reading>
      {asked && <Dialog asked={asked} close={() => setAsked(undefined)} />}
    </PageBody>
  );
}

const looks: Record<Identity['state'], 'success' | 'warning' | 'danger' | undefined> = {
  NONE: undefined,
  VALID: 'success',
  DUE: 'warning',
  EXPIRED: 'danger',
  REVOKED: 'danger',
};

function Row({ identity, admin, ask }: { identity: Identity; admin: boolean; ask: (asked: Asked) => void }) {
  const { t } = useWords();
  const { certificate, login, enrolment } = identity;
  return (
    <Tr>
      <Td dataLabel={t('fleet.col.gateway')}>
        <Link to={`/fleet/${encodeURIComponent(identity.clientId)}`} className="karu-name">
          {identity.clientId}
        </Link>
      </Td>
      <Td dataLabel={t('identity.col.certificate')}>
        <Label isCompact status={looks[identity.state]}>
          {t(`identity.state.${identity.state}`)}
        </Label>
        {certificate && (
          <Tooltip content={certificate.fingerprint}>
            <div className="karu-quiet" tabIndex={0}>
              {t(`identity.how.${certificate.how}`)} · {certificate.fingerprint.slice(0, 12)}
            </div>
          </Tooltip>
        )}
        {certificate?.revokedReason && <div className="karu-quiet karu-reason">{certificate.revokedReason}</div>}
      </Td>
      <Td dataLabel={t('identity.col.expires')} className="karu-nowrap">
        {certificate ? <Day at={certificate.notAfter} /> : <span className="karu-quiet">–</span>}
      </Td>
      <Td dataLabel={t('identity.col.login')}>
        {login ? (
          <>
            <div>{t(`identity.means.${login.means}`)}</div>
            <div className="karu-quiet">
              <Ago at={login.at} />
            </div>
          </>
        ) : (
          <span className="karu-quiet">{t('state.unknown')}</span>
        )}
        {identity.certificateRequired && (
          <div>
            <Label isCompact variant="outline">
              {t('identity.required')}
            </Label>
          </div>
        )}
      </Td>
      <Td dataLabel={t('identity.col.enrolment')}>
        {enrolment.status !== 'NONE' && (
          <>
            <Label
              isCompact
              status={enrolment.status === 'FAILED' ? 'danger' : undefined}
              color={enrolment.status === 'RUNNING' ? 'blue' : undefined}
              icon={enrolment.status === 'RUNNING' ? <span className="karu-pulse" /> : undefined}
            >
              {t(`identity.enrolment.${enrolment.status}`)}
            </Label>
            <div className="karu-quiet karu-reason">{enrolment.step}</div>
          </>
        )}
      </Td>
      {admin && (
        <Td isActionCell>
          <ActionsColumn items={actions(identity, ask, t)} popperProps={{ position: 'right' }} />
        </Td>
      )}
    </Tr>
  );
}

function actions(identity: Identity, ask: (asked: Asked) => void, t: (message: Message) => string): IAction[] {
  const item = (what: Asked['what'], title: Message): IAction => ({ title: t(title), onClick: () => ask({ what, identity }) });
  const barred = identity.state === 'REVOKED' && identity.certificateRequired;
  return [
    ...(barred ? [] : [item('enrol', identity.certificate ? 'identity.renew' : 'identity.enrol')]),
    ...(identity.certificate && !barred ? [item('newKey', 'identity.newKey')] : []),
    item('token', 'identity.token'),
    ...(identity.certificateRequired ? [item('readmit', 'identity.readmit')] : []),
    ...(identity.certificate && identity.state !== 'REVOKED' ? [item('revoke', 'identity.revoke')] : []),
  ];
}

function Dialog({ asked: { what, identity }, close }: { asked: Asked; close: () => void }) {
  const { t } = useWords();
  const clientId = identity.clientId;
  const path = { params: { path: { clientId } } };
  const [reason, setReason] = useState('');
  const change = useChange(
    (call: () => Promise<unknown>) => call(),
    () => [keys.identities],
  );
  if (what === 'token') return <TokenDialog clientId={clientId} close={close} />;
  if (what === 'revoke')
    return (
      <Confirm
        title={t('identity.revokeTitle', { id: clientId })}
        action={t('identity.revoke')}
        run={() =>
          change.mutateAsync(() => body(api.POST('/api/v1/gateways/{clientId}/identity/revocation', { ...path, body: { reason } })))
        }
        close={close}
      >
        <p>{t('identity.revokeNote')}</p>
        <FormGroup label={t('identity.reason')} fieldId="reason" isRequired>
          <TextInput id="reason" value={reason} onChange={(_, value) => setReason(value)} autoFocus />
        </FormGroup>
      </Confirm>
    );
  if (what === 'readmit')
    return (
      <Confirm
        title={t('identity.readmitTitle', { id: clientId })}
        action={t('identity.readmit')}
        run={() => change.mutateAsync(() => body(api.POST('/api/v1/gateways/{clientId}/identity/readmission', path)))}
        close={close}
      >
        {t('identity.readmitNote')}
      </Confirm>
    );
  return (
    <Confirm
      title={t('identity.enrolTitle', { id: clientId })}
      action={t(what === 'newKey' ? 'identity.newKey' : identity.certificate ? 'identity.renew' : 'identity.enrol')}
      run={() =>
        change.mutateAsync(() =>
          body(api.POST('/api/v1/gateways/{clientId}/identity/enrolment', { ...path, body: { newKey: what === 'newKey' } })),
        )
      }
      close={close}
    >
      {t('identity.enrolNote')}
    </Confirm>
  );
}

/** The token is shown this once. */
function TokenDialog({ clientId, close }: { clientId: string; close: () => void }) {
  const { t } = useWords();
  const issue = useChange(
    () => body(api.POST('/api/v1/gateways/{clientId}/identity/token', { params: { path: { clientId } }, body: { hours: 24 } })),
    () => [],
  );
  return (
    <Modal isOpen variant="small" onClose={close} aria-label={t('identity.tokenTitle', { id: clientId })}>
      <ModalHeader title={t('identity.tokenTitle', { id: clientId })} />
      <ModalBody>
        {issue.error && <Failure error={issue.error} title={t('identity.token')} />}
        {issue.data ? (
          <>
            <Alert isInline variant="info" title={t('identity.tokenOnce')} />
            <FormGroup label={t('identity.token')}>
              <ClipboardCopy isReadOnly hoverTip={t('action.copy')} clickTip={t('action.copied')}>
                {issue.data.token}
              </ClipboardCopy>
            </FormGroup>
            <FormGroup label="EST">
              <ClipboardCopy isReadOnly hoverTip={t('action.copy')} clickTip={t('action.copied')}>
                {issue.data.est}
              </ClipboardCopy>
            </FormGroup>
          </>
        ) : (
          t('identity.tokenNote')
        )}
      </ModalBody>
      <ModalFooter>
        {!issue.data && (
          <Button onClick={() => issue.mutate(undefined)} isLoading={issue.isPending} isDisabled={issue.isPending}>
            {t('identity.token')}
          </Button>
        )}
        <Button variant="link" onClick={close}>
          {t(issue.data ? 'action.close' : 'action.cancel')}
        </Button>
      </ModalFooter>
    </Modal>
  );
}

function Day({ at }: { at: string }) {
  const { language } = useWords();
  return (
    <time dateTime={at} title={at}>
      {new Date(at).toLocaleDateString(language, { dateStyle: 'medium' })}
    </time>
  );
}
