import { Checkbox, FormGroup, FormSelect, FormSelectOption, Grid, GridItem, TextInput } from '@patternfly/react-core';
import { useFormat } from '../elements/Quantity';
import { useWords } from '../i18n';
import { days, type Draft } from './plan';
import { Options } from './TargetFields';

interface Props {
  draft: Draft;
  change: (part: Partial<Draft>) => void;
}

const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
const zones = [...new Set([here, 'UTC', ...Intl.supportedValuesOf('timeZone')])];

/** When gateways may be changed, and what the line of a site bears. */
export function TimingFields({ draft, change }: Props) {
  const { t } = useWords();
  const { weekday } = useFormat();
  const { window } = draft;
  const night = { days: [], from: '22:00', to: '05:00', zone: here };
  return (
    <>
      <Checkbox id="window" label={t('rollouts.window')} isChecked={window !== undefined} onChange={(_, on) => change({ window: on ? night : undefined })} />
      {window && (
        <>
          <Grid hasGutter>
            <GridItem span={3}>
              <FormGroup label={t('rollouts.from')} fieldId="window-from">
                <TextInput id="window-from" type="time" value={window.from} onChange={(_, from) => change({ window: { ...window, from } })} />
              </FormGroup>
            </GridItem>
            <GridItem span={3}>
              <FormGroup label={t('rollouts.to')} fieldId="window-to">
                <TextInput id="window-to" type="time" value={window.to} onChange={(_, to) => change({ window: { ...window, to } })} />
              </FormGroup>
            </GridItem>
            <GridItem span={6}>
              <FormGroup label={t('rollouts.zone')} fieldId="window-zone">
                <FormSelect id="window-zone" value={window.zone} onChange={(_, zone) => change({ window: { ...window, zone } })}>
                  {zones.map((zone) => (
                    <FormSelectOption key={zone} value={zone} label={zone} />
                  ))}
                </FormSelect>
              </FormGroup>
            </GridItem>
          </Grid>
          <Options label={t('rollouts.days')} all={days} chosen={window.days} choose={(chosen) => change({ window: { ...window, days: chosen } })} name={weekday} />
        </>
      )}
      <Grid hasGutter>
        <GridItem span={6}>
          <FormGroup label={t('rollouts.atOnce')} fieldId="at-once">
            <TextInput id="at-once" type="number" min={1} value={draft.atOnce} onChange={(_, atOnce) => change({ atOnce })} />
          </FormGroup>
        </GridItem>
        <GridItem span={6}>
          <FormGroup label={t('rollouts.bandwidth')} fieldId="bandwidth">
            <TextInput id="bandwidth" type="number" min={4} value={draft.kibibytes} onChange={(_, kibibytes) => change({ kibibytes })} />
          </FormGroup>
        </GridItem>
      </Grid>
    </>
  );
}
