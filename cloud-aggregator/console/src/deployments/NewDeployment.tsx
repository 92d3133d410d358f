import { Alert, Button, Checkbox, Form, FormGroup, FormSelect, FormSelectOption, Modal, ModalBody, ModalFooter, ModalHeader, TextInput } from '@patternfly/react-core';
import { useState, type FormEvent } from 'react';
import { api, body, type Package, type Schemas } from '../api/client';
import { keys, useChange, usePackages } from '../api/queries';
import { useNotify } from '../elements/Notices';
import { useFormat } from '../elements/Quantity';
import { Failure, Reading } from '../elements/Reading';
import { useWords } from '../i18n';
import { GatewayChoice } from './GatewayChoice';

const keyOf = ({ name, version }: Package) => `${name} ${version}`;

export function NewDeployment({ close }: { close: () => void }) {
  const { t } = useWords();
  const { bytes } = useFormat();
  const notify = useNotify();
  const packages = usePackages();
  const [key, setKey] = useState('');
  const [gateways, setGateways] = useState<string[]>([]);
  const [restart, setRestart] = useState(false);
  const [notBefore, setNotBefore] = useState('');
  const chosen = packages.data?.find((one) => keyOf(one) === key);
  const create = useChange(
    (wanted: Schemas['NewDeployment']) => body(api.POST('/api/v1/deployments', { body: wanted })),
    () => [keys.deployments],
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate(
      {
        gateways,
        package: chosen!.name,
        version: chosen!.version,
        restart,
        notBefore: notBefore ? new Date(notBefore).toISOString() : undefined,
      },
      {
        onSuccess: ({ deployments, refused }) => {
          notify('success', t('deployments.created', { n: deployments.length }));
          for (const refusal of refused) notify('danger', `${refusal.gateway}: ${refusal.detail}`);
          close();
        },
      },
    );
  };
  return (
    <Modal isOpen variant="small" onClose={close} aria-labelledby="deploy-title">
      <ModalHeader title={t('deployments.new')} labelId="deploy-title" />
      <ModalBody>
        <Form id="deploy-form" onSubmit={submit}>
          {create.error && <Failure error={create.error} title={t('deployments.new')} />}
          <Reading query={packages}>
            {(all) =>
              all.length === 0 ? (
                <Alert isInline variant="info" title={t('deployments.noPackages')} />
              ) : (
                <FormGroup label={t('deployments.package')} fieldId="package" isRequired>
                  <FormSelect
                    id="package"
                    value={key}
                    onChange={(_, value) => {
                      setKey(value);
                      setRestart(all.find((one) => keyOf(one) === value)?.native ?? false);
                    }}
                  >
                    <FormSelectOption value="" label={t('deployments.choosePackage')} isDisabled />
                    {all.map((one) => (
                      <FormSelectOption key={keyOf(one)} value={keyOf(one)} label={`${keyOf(one)} · ${bytes(one.size)}`} />
                    ))}
                  </FormSelect>
                </FormGroup>
              )
            }
          </Reading>
          <GatewayChoice chosen={gateways} choose={setGateways} />
          {chosen?.native && <Alert isInline variant="warning" title={t('deployments.native')} />}
          <Checkbox id="restart" label={t('deployments.restart')} isChecked={restart} onChange={(_, on) => setRestart(on)} />
          <FormGroup label={t('deployments.window')} fieldId="not-before">
            <TextInput id="not-before" type="datetime-local" value={notBefore} onChange={(_, value) => setNotBefore(value)} />
          </FormGroup>
        </Form>
      </ModalBody>
      <ModalFooter>
        <Button type="submit" form="deploy-form" isDisabled={!chosen || gateways.length === 0 || create.isPending} isLoading={create.isPending}>
          {t('deployments.start')}
        </Button>
        <Button variant="link" onClick={close}>
          {t('action.cancel')}
        </Button>
      </ModalFooter>
    </Modal>
  );
}
