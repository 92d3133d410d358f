import { Alert, Checkbox, FormGroup, FormSelect, FormSelectOption, Radio } from '@patternfly/react-core';
import { useState } from 'react';
import { useModels, usePackages } from '../api/queries';
import { shortDigest, useFormat } from '../elements/Quantity';
import { Reading } from '../elements/Reading';
import { useWords } from '../i18n';
import { ConfigurationFields } from './ConfigurationFields';
import type { Artefact, Chosen } from './plan';

interface ChoiceProps {
  /** Undefined as long as nothing, or something wrong, is filled in. */
  choose: (chosen?: Chosen) => void;
}

export type Kind = Artefact['kind'];

export const kinds: Kind[] = ['model', 'package', 'configuration'];

/** What a rollout brings: its kind, and the fields of that. */
export function ArtefactFields({ kind, change, choose }: ChoiceProps & { kind: Kind; change: (kind: Kind) => void }) {
  const { t } = useWords();
  return (
    <>
      <FormGroup role="radiogroup" isInline label={t('rollouts.what')}>
        {kinds.map((one) => (
          <Radio key={one} id={`kind-${one}`} name="kind" label={t(`rollout.kind.${one}`)} isChecked={kind === one} onChange={() => change(one)} />
        ))}
      </FormGroup>
      {kind === 'model' && <ModelFields choose={choose} />}
      {kind === 'package' && <PackageFields choose={choose} />}
      {kind === 'configuration' && <ConfigurationFields choose={choose} />}
    </>
  );
}

function ModelFields({ choose }: ChoiceProps) {
  const { t } = useWords();
  const models = useModels();
  const [digest, setDigest] = useState('');
  return (
    <Reading query={models}>
      {(all) => (
        <FormGroup label={t('rollouts.version')} fieldId="version" isRequired>
          <FormSelect
            id="version"
            value={digest}
            onChange={(_, value) => {
              const { name, version } = all.find((one) => one.digest === value)!;
              setDigest(value);
              choose({ name: `${name} ${version}`, artefact: { kind: 'model', name, digest: value, alias: 'champion' } });
            }}
          >
            <FormSelectOption value="" label={t('rollouts.chooseVersion')} isDisabled />
            {all.map((one) => (
              <FormSelectOption key={one.digest} value={one.digest} label={`${one.name} ${one.version} · ${shortDigest(one.digest)}`} />
            ))}
          </FormSelect>
        </FormGroup>
      )}
    </Reading>
  );
}

function PackageFields({ choose }: ChoiceProps) {
  const { t } = useWords();
  const { bytes } = useFormat();
  const packages = usePackages();
  const [key, setKey] = useState('');
  const [restart, setRestart] = useState(false);
  return (
    <Reading query={packages}>
      {(all) => {
        if (all.length === 0) return <Alert isInline variant="info" title={t('deployments.noPackages')} />;
        const keyOf = ({ name, version }: (typeof all)[number]) => `${name} ${version}`;
        const chosen = all.find((one) => keyOf(one) === key);
        const set = (one: (typeof all)[number], again: boolean) => {
          setKey(keyOf(one));
          setRestart(again);
          choose({ name: keyOf(one), artefact: { kind: 'package', name: one.name, version: one.version, restart: again } });
        };
        return (
          <>
            <FormGroup label={t('deployments.package')} fieldId="package" isRequired>
              <FormSelect
                id="package"
                value={key}
                onChange={(_, value) => {
                  const one = all.find((other) => keyOf(other) === value)!;
                  set(one, one.native);
                }}
              >
                <FormSelectOption value="" label={t('deployments.choosePackage')} isDisabled />
                {all.map((one) => (
                  <FormSelectOption key={keyOf(one)} value={keyOf(one)} label={`${keyOf(one)} · ${bytes(one.size)}`} />
                ))}
              </FormSelect>
            </FormGroup>
            {chosen?.native && <Alert isInline variant="warning" title={t('deployments.native')} />}
            {chosen && <Checkbox id="restart" label={t('deployments.restart')} isChecked={restart} onChange={(_, on) => set(chosen, on)} />}
          </>
        );
      }}
    </Reading>
  );
}
