import { Checkbox, FormGroup, TextInput } from '@patternfly/react-core';
import { useGateways } from '../api/queries';
import { Reading } from '../elements/Reading';
import { useWords } from '../i18n';
import type { Draft } from './plan';

interface Props {
  draft: Draft;
  change: (part: Partial<Draft>) => void;
}

/** Which gateways: what is known of the fleet to choose from, and names. */
export function TargetFields({ draft, change }: Props) {
  const { t } = useWords();
  const gateways = useGateways();
  return (
    <>
      <Reading query={gateways}>
        {(all) => (
          <>
            <Options label={t('rollouts.sites')} all={known(all.map(({ site }) => site))} chosen={draft.sites} choose={(sites) => change({ sites })} />
            <Options label={t('rollouts.tags')} all={known(all.flatMap(({ tags }) => tags))} chosen={draft.tags} choose={(tags) => change({ tags })} />
          </>
        )}
      </Reading>
      <FormGroup label={t('rollouts.only')} fieldId="only">
        <TextInput id="only" value={draft.only} onChange={(_, only) => change({ only })} />
      </FormGroup>
      <FormGroup label={t('rollouts.except')} fieldId="except">
        <TextInput id="except" value={draft.except} onChange={(_, except) => change({ except })} />
      </FormGroup>
    </>
  );
}

const known = (names: string[]) => [...new Set(names)].filter(Boolean).sort((a, b) => a.localeCompare(b));

interface OptionsProps {
  label: string;
  all: string[];
  chosen: string[];
  choose: (chosen: string[]) => void;
  name?: (option: string) => string;
}

/** Any of a few; nothing when there are none. */
export function Options({ label, all, chosen, choose, name = (option) => option }: OptionsProps) {
  if (all.length === 0) return null;
  return (
    <FormGroup role="group" label={label}>
      <div className="karu-options">
        {all.map((option) => (
          <Checkbox
            key={option}
            id={`${label}-${option}`}
            label={name(option)}
            isChecked={chosen.includes(option)}
            onChange={(_, on) => choose(on ? [...chosen, option] : chosen.filter((other) => other !== option))}
          />
        ))}
      </div>
    </FormGroup>
  );
}
