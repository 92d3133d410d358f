import { Alert, Button, FormGroup, FormSelect, FormSelectOption } from '@patternfly/react-core';
import { TrashIcon } from '@patternfly/react-icons';
import { useState } from 'react';
import type { Attribute, Configuration as Component } from '../api/client';
import { useConfigurations, useGateways } from '../api/queries';
import { Reading } from '../elements/Reading';
import { AttributeField } from '../gateway/AttributeField';
import { complaint, draftOf, type Draft } from '../gateway/values';
import { useWords } from '../i18n';
import { settingsOf, type Chosen, type Setting } from './plan';

const keyOf = ({ pid, attribute }: Pick<Setting, 'pid' | 'attribute'>) => `${pid} ${attribute.id}`;

/** Settings for every gateway of a rollout, chosen from what one of them shows; its values stand there first. */
export function ConfigurationFields({ choose }: { choose: (chosen?: Chosen) => void }) {
  const { t } = useWords();
  const gateways = useGateways();
  const [shownBy, setShownBy] = useState('');
  const [settings, setSettings] = useState<Setting[]>([]);
  const wrong = (one: Setting) => complaint(one.attribute, one.draft, t);
  const change = (next: Setting[]) => {
    setSettings(next);
    choose(next.length === 0 || next.some(wrong) ? undefined : settingsOf(next));
  };
  return (
    <>
      <Reading query={gateways}>
        {(all) => {
          const answering = all.filter((one) => one.state === 'ONLINE' && one.applications.includes('CONF-V2'));
          if (answering.length === 0) return <Alert isInline variant="warning" title={t('rollouts.noneShows')} />;
          return (
            <FormGroup label={t('rollouts.shownBy')} fieldId="shown-by" isRequired>
              <FormSelect id="shown-by" value={shownBy} onChange={(_, value) => setShownBy(value)}>
                <FormSelectOption value="" label={t('rollouts.chooseGateway')} isDisabled />
                {answering.map(({ clientId }) => (
                  <FormSelectOption key={clientId} value={clientId} label={clientId} />
                ))}
              </FormSelect>
            </FormGroup>
          );
        }}
      </Reading>
      {shownBy && <SettingChoice key={shownBy} clientId={shownBy} taken={settings} add={(one) => change([...settings, one])} />}
      {settings.map((one) => (
        <div key={keyOf(one)} className="karu-setting" role="group" aria-label={t('rollouts.settingOf', { name: one.attribute.name, pid: one.pid })}>
          <div>
            <p className="karu-quiet">{one.pid}</p>
            <AttributeField
              owner={one.pid}
              attribute={one.attribute}
              draft={one.draft}
              changed={false}
              wrong={wrong(one)}
              change={(draft: Draft) => change(settings.map((other) => (other === one ? { ...one, draft } : other)))}
            />
          </div>
          <Button variant="plain" icon={<TrashIcon />} aria-label={t('rollouts.leaveOut', { name: one.attribute.name })} onClick={() => change(settings.filter((other) => other !== one))} />
        </div>
      ))}
    </>
  );
}

interface ChoiceProps {
  clientId: string;
  taken: Setting[];
  add: (setting: Setting) => void;
}

/** Passwords are left out: they could not be read before, and so not be put back. */
function SettingChoice({ clientId, taken, add }: ChoiceProps) {
  const { t } = useWords();
  const configurations = useConfigurations(clientId, true);
  const [pid, setPid] = useState('');
  const free = (component?: Component): Attribute[] =>
    (component?.definition?.attributes ?? []).filter(
      (attribute) => attribute.type !== 'PASSWORD' && !taken.some((one) => keyOf(one) === keyOf({ pid: component!.pid, attribute })),
    );
  return (
    <Reading query={configurations}>
      {(all) => {
        const component = all.find((one) => one.pid === pid);
        return (
          <>
            <FormGroup label={t('rollouts.component')} fieldId="component" isRequired>
              <FormSelect id="component" value={pid} onChange={(_, value) => setPid(value)}>
                <FormSelectOption value="" label={t('rollouts.chooseComponent')} isDisabled />
                {all
                  .filter(({ definition }) => definition?.attributes.length)
                  .map((one) => (
                    <FormSelectOption key={one.pid} value={one.pid} label={`${one.pid} · ${one.definition!.name}`} />
                  ))}
              </FormSelect>
            </FormGroup>
            {component && (
              <FormGroup label={t('rollouts.addSetting')} fieldId="setting">
                <FormSelect
                  id="setting"
                  value=""
                  onChange={(_, id) => {
                    const attribute = free(component).find((one) => one.id === id)!;
                    add({ pid, attribute, draft: draftOf(attribute, component.properties[id]) });
                  }}
                >
                  <FormSelectOption value="" label={t('rollouts.chooseSetting')} isDisabled />
                  {free(component).map((one) => (
                    <FormSelectOption key={one.id} value={one.id} label={`${one.name} · ${one.id}`} />
                  ))}
                </FormSelect>
              </FormGroup>
            )}
          </>
        );
      }}
    </Reading>
  );
}
