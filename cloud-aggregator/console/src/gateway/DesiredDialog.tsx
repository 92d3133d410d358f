import { Alert, Button, Form, FormGroup, FormSelect, FormSelectOption, FormSelectOptionGroup, Modal, ModalBody, ModalFooter, ModalHeader } from '@patternfly/react-core';
import { TrashIcon } from '@patternfly/react-icons';
import { useState, type FormEvent } from 'react';
import { api, body, type GatewayDetail, type ModelVersion, type Package, type Schemas } from '../api/client';
import { keys, useChange, useModels, usePackages } from '../api/queries';
import { shortDigest } from '../elements/Quantity';
import { Failure, Reading } from '../elements/Reading';
import { useWords } from '../i18n';

type DesiredState = Schemas['DesiredState'];

const champion = 'champion';

/** Changes what a gateway should have; differences are repaired after it is saved. */
export function DesiredDialog({ detail, close }: { detail: GatewayDetail; close: () => void }) {
  const { t } = useWords();
  const { clientId } = detail.gateway;
  const packages = usePackages();
  const models = useModels();
  const [desired, setDesired] = useState(detail.desired);
  const save = useChange(
    (wanted: DesiredState) => body(api.PUT('/api/v1/gateways/{clientId}/desired', { params: { path: { clientId } }, body: wanted })),
    () => [keys.gateway(clientId), keys.deployments],
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate(desired, { onSuccess: close });
  };
  return (
    <Modal isOpen variant="medium" onClose={close} aria-labelledby="desired-title">
      <ModalHeader title={t('desired.title', { id: clientId })} labelId="desired-title" description={t('desired.note')} />
      <ModalBody>
        <Form id="desired-form" onSubmit={submit}>
          {save.error && <Failure error={save.error} title={t('desired.title', { id: clientId })} />}
          <Reading query={packages}>
            {(known) => <Reading query={models}>{(versions) => <Entries desired={desired} change={setDesired} packages={known} versions={versions} />}</Reading>}
          </Reading>
        </Form>
      </ModalBody>
      <ModalFooter>
        <Button type="submit" form="desired-form" isDisabled={desired === detail.desired || save.isPending} isLoading={save.isPending}>
          {t('action.save')}
        </Button>
        <Button variant="link" onClick={close}>
          {t('action.cancel')}
        </Button>
      </ModalFooter>
    </Modal>
  );
}

interface EntriesProps {
  desired: DesiredState;
  change: (desired: DesiredState) => void;
  packages: Package[];
  versions: ModelVersion[];
}

function Entries({ desired, change, packages, versions }: EntriesProps) {
  const { t } = useWords();
  const newPackages = [...new Set(packages.map(({ name }) => name))].filter((name) => !desired.packages.some((one) => one.name === name));
  const newModels = [...new Set(versions.map(({ name }) => name))].filter((name) => !desired.models.some((one) => one.name === name && one.alias === champion));
  const add = (value: string) => {
    const [kind, name] = [value.slice(0, 1), value.slice(1)];
    if (kind === 'p') change({ ...desired, packages: [...desired.packages, { name, version: packages.find((one) => one.name === name)!.version }] });
    if (kind === 'm') change({ ...desired, models: [...desired.models, { name, alias: champion, digest: versions.find((one) => one.name === name)!.digest }] });
  };
  return (
    <>
      {desired.packages.map((wanted) => (
        <Entry key={wanted.name} name={wanted.name} drop={() => change({ ...desired, packages: desired.packages.filter((one) => one !== wanted) })}>
          <Choice
            id={`desired-${wanted.name}`}
            label={wanted.name}
            value={wanted.version}
            of={packages.filter(({ name }) => name === wanted.name).map(({ version }) => [version, version])}
            choose={(version) => change({ ...desired, packages: desired.packages.map((one) => (one === wanted ? { ...one, version } : one)) })}
          />
        </Entry>
      ))}
      {desired.models.map((wanted) => (
        <Entry key={wanted.name + wanted.alias} name={`${wanted.name}@${wanted.alias}`} drop={() => change({ ...desired, models: desired.models.filter((one) => one !== wanted) })}>
          <Choice
            id={`desired-${wanted.name}-${wanted.alias}`}
            label={`${wanted.name}@${wanted.alias}`}
            value={wanted.digest}
            of={versions.filter(({ name }) => name === wanted.name).map(({ version, digest }) => [digest, `${version} · ${shortDigest(digest)}`])}
            choose={(digest) => change({ ...desired, models: desired.models.map((one) => (one === wanted ? { ...one, digest } : one)) })}
          />
        </Entry>
      ))}
      {desired.configurations.map((wanted) => (
        <Entry key={wanted.pid} name={wanted.pid} drop={() => change({ ...desired, configurations: desired.configurations.filter((one) => one !== wanted) })}>
          <span className="karu-quiet">{Object.keys(wanted.properties).join(', ')}</span>
        </Entry>
      ))}
      {newPackages.length + newModels.length > 0 && (
        <FormGroup label={t('desired.add')} fieldId="desired-add">
          <FormSelect id="desired-add" value="" onChange={(_, value) => add(value)}>
            <FormSelectOption value="" label={t('desired.choose')} isPlaceholder />
            <FormSelectOptionGroup label={t('tab.packages')}>
              {newPackages.map((name) => (
                <FormSelectOption key={name} value={`p${name}`} label={name} />
              ))}
            </FormSelectOptionGroup>
            <FormSelectOptionGroup label={t('tab.models')}>
              {newModels.map((name) => (
                <FormSelectOption key={name} value={`m${name}`} label={`${name}@${champion}`} />
              ))}
            </FormSelectOptionGroup>
          </FormSelect>
        </FormGroup>
      )}
      <Alert isInline isPlain variant="info" title={t('desired.dropNote')} />
    </>
  );
}

function Entry({ name, drop, children }: { name: string; drop: () => void; children: React.ReactNode }) {
  const { t } = useWords();
  return (
    <div className="karu-desired">
      <span className="karu-name karu-clip" title={name}>
        {name}
      </span>
      {children}
      <Button variant="plain" icon={<TrashIcon />} aria-label={t('desired.drop', { name })} onClick={drop} />
    </div>
  );
}

interface ChoiceProps {
  id: string;
  label: string;
  value: string;
  of: (readonly [string, string])[];
  choose: (value: string) => void;
}

/** Versions that can be wanted; the present one stands in the list also when it is no longer known. */
function Choice({ id, label, value, of, choose }: ChoiceProps) {
  const known = of.some(([one]) => one === value);
  return (
    <FormSelect id={id} aria-label={label} value={value} onChange={(_, chosen) => choose(chosen)}>
      {!known && <FormSelectOption value={value} label={shortDigest(value)} />}
      {of.map(([one, name]) => (
        <FormSelectOption key={one} value={one} label={name} />
      ))}
    </FormSelect>
  );
}
