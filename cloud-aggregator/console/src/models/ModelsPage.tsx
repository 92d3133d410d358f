import { Button, Card, CardBody, CardHeader, CardTitle, EmptyState, EmptyStateBody, Label, Modal, ModalBody, ModalFooter, ModalHeader, Form } from '@patternfly/react-core';
import { CubeIcon } from '@patternfly/react-icons';
import { ExpandableRowContent, Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table';
import { useState, type FormEvent } from 'react';
import { useNavigate } from 'react-router';
import { api, body, type ModelVersion } from '../api/client';
import { keys, useChange, useModels } from '../api/queries';
import { GatewayChoice } from '../deployments/GatewayChoice';
import { UploadButton } from '../deployments/UploadButton';
import { Facts } from '../elements/Facts';
import { useNotify } from '../elements/Notices';
import { PageBody } from '../elements/PageBody';
import { Ago, Digest, useFormat } from '../elements/Quantity';
import { Failure, Reading } from '../elements/Reading';
import { useWords } from '../i18n';

export default function ModelsPage() {
  const { t } = useWords();
  const versions = useModels();
  const [installing, setInstalling] = useState<ModelVersion>();
  return (
    <PageBody
      name={t('models.title')}
      title={t('models.title')}
      actions={<UploadButton path="/api/v1/models" accept=".zip" type="application/zip" stale={keys.models} label={t('models.upload')} done={(made) => t('models.stored', made)} />}
    >
      <Reading query={versions}>
        {(all) =>
          all.length === 0 ? (
            <EmptyState titleText={t('models.empty')} icon={CubeIcon} headingLevel="h2">
              <EmptyStateBody>{t('models.emptyHint')}</EmptyStateBody>
            </EmptyState>
          ) : (
            [...new Set(all.map(({ name }) => name))].map((name) => (
              <Card key={name} isCompact className="karu-model">
                <CardHeader>
                  <CardTitle component="h2">{name}</CardTitle>
                </CardHeader>
                <CardBody>
                  <Versions name={name} versions={all.filter((version) => version.name === name)} install={setInstalling} />
                </CardBody>
              </Card>
            ))
          )
        }
      </Reading>
      {installing && <InstallDialog version={installing} close={() => setInstalling(undefined)} />}
    </PageBody>
  );
}

function Versions({ name, versions, install }: { name: string; versions: ModelVersion[]; install: (version: ModelVersion) => void }) {
  const { t } = useWords();
  return (
    <Table aria-label={name} variant="compact">
      <Thead>
        <Tr>
          <Th screenReaderText={t('models.parameters')} />
          <Th>{t('models.col.version')}</Th>
          <Th>{t('models.col.task')}</Th>
          <Th>{t('models.col.digest')}</Th>
          <Th>{t('models.col.size')}</Th>
          <Th>{t('models.col.uploaded')}</Th>
          <Th screenReaderText={t('action.actions')} />
        </Tr>
      </Thead>
      {versions.map((version) => (
        <VersionRows key={version.digest} version={version} install={install} />
      ))}
    </Table>
  );
}

const text = (value: unknown) => (typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value));

function VersionRows({ version, install }: { version: ModelVersion; install: (version: ModelVersion) => void }) {
  const { t } = useWords();
  const { bytes } = useFormat();
  const [open, setOpen] = useState(false);
  const { task, description, labels, parameters, inputs, outputs } = version.card as Record<string, unknown>;
  return (
    <Tbody isExpanded={open}>
      <Tr>
        <Td expand={{ rowIndex: version.counter, isExpanded: open, onToggle: () => setOpen(!open) }} />
        <Td dataLabel={t('models.col.version')}>
          <strong>{version.version}</strong>
          <div className="karu-quiet">{text(description)}</div>
        </Td>
        <Td dataLabel={t('models.col.task')}>
          <Label isCompact variant="outline">
            {text(task)}
          </Label>
        </Td>
        <Td dataLabel={t('models.col.digest')}>
          <Digest of={version.digest} />
        </Td>
        <Td dataLabel={t('models.col.size')}>{bytes(version.size)}</Td>
        <Td dataLabel={t('models.col.uploaded')}>
          <Ago at={version.registeredAt} />
          <div className="karu-quiet">{version.registeredBy}</div>
        </Td>
        <Td isActionCell>
          <Button size="sm" variant="secondary" aria-label={t('models.installOn', { name: version.name, version: version.version })} onClick={() => install(version)}>
            {t('models.install')}
          </Button>
        </Td>
      </Tr>
      <Tr isExpanded={open}>
        <Td />
        <Td colSpan={6}>
          <ExpandableRowContent>
            <Facts
              of={[
                [t('models.col.digest'), version.digest],
                [t('deployments.package'), `${version.package.name} ${version.package.version}`],
                [t('models.labels'), Array.isArray(labels) ? labels.join(', ') : ''],
                [t('models.parameters'), text(parameters)],
                [t('models.inputs'), text(inputs)],
                [t('models.outputs'), text(outputs)],
              ]}
            />
          </ExpandableRowContent>
        </Td>
      </Tr>
    </Tbody>
  );
}

function InstallDialog({ version, close }: { version: ModelVersion; close: () => void }) {
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
