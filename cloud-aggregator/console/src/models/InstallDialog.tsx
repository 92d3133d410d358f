import { Button, Form, Modal, ModalBody, ModalFooter, ModalHeader } from '@patternfly/react-core';
import { useState, type FormEvent } from 'react';
import { useNavigate } from 'react-router';
import { api, body, type ModelVersion } from '../api/client';
import { keys, useChange } from '../api/queries';
import { GatewayChoice } from '../deployments/GatewayChoice';
import { useNotify } from '../elements/Notices';
import { Failure } from '../elements/Reading';
import { useWords } from '../i18n';

export function InstallDialog({ version, close }: { version: ModelVersion; close: () => void }) {
  const { t } = useWords();
  const notify = useNotify();
  const navigate = useNavigate();
  const [gateways, setGateways] = useState<string[]>([]);
  const { name, digest } = version;
  const install = useChange(
    (wanted: string[]) =>
      body(api.POST('/api/v1/models/{name}/versions/{digest}/install', { params: { path: { name, digest } }, body: { gateways: wanted } })),
    () => [keys.deployments],
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    install.mutate(gateways, {
      onSuccess: ({ deployments, refused }) => {
        notify('success', t('deployments.created', { n: deployments.length }));
        for (const refusal of refused) notify('danger', `${refusal.gateway}: ${refusal.detail}`);
        navigate('/deployments');
      },
    });
  };
  return (
    <Modal isOpen variant="small" onClose={close} aria-labelledby="install-title">
      <ModalHeader title={t('models.installOn', { name, version: version.version })} labelId="install-title" description={t('models.installNote')} />
      <ModalBody>
        <Form id="install-form" onSubmit={submit}>
          {install.error && <Failure error={install.error} title={t('models.install')} />}
          <GatewayChoice chosen={gateways} choose={setGateways} />
        </Form>
      </ModalBody>
      <ModalFooter>
        <Button type="submit" form="install-form" isDisabled={gateways.length === 0 || install.isPending} isLoading={install.isPending}>
          {t('models.install')}
        </Button>
        <Button variant="link" onClick={close}>
          {t('action.cancel')}
        </Button>
      </ModalFooter>
    </Modal>
  );
}
