import { Button, Checkbox, Form, FormGroup, Modal, ModalBody, ModalFooter, ModalHeader, TextInput } from '@patternfly/react-core';
import { useState, type FormEvent } from 'react';
import { api, body } from '../api/client';
import { keys, useChange, useRolloutPreview } from '../api/queries';
import { Failure } from '../elements/Reading';
import { useSettled } from '../elements/settled';
import { useWords } from '../i18n';
import { ArtefactFields, type Kind } from './ArtefactFields';
import { emptyDraft, gatesFor, planOf, type Chosen, type Draft, type Gate, type Plan } from './plan';
import { Preview } from './Preview';
import { TargetFields } from './TargetFields';
import { TimingFields } from './TimingFields';

const gates: Gate[] = ['install', 'health', 'classes', 'reject-rate', 'latency', 'memory', 'overrules', 'agreement'];

export function NewRollout({ close }: { close: () => void }) {
  const { t } = useWords();
  const [kind, setKind] = useState<Kind>('model');
  const [chosen, setChosen] = useState<Chosen>();
  const [draft, setDraft] = useState(emptyDraft);
  const change = (part: Partial<Draft>) => setDraft((now) => ({ ...now, ...part }));
  const plan = chosen && planOf(draft, chosen);
  const previewed = useSettled(plan && JSON.stringify({ ...plan, approval: false }));
  const preview = useRolloutPreview(previewed ? (JSON.parse(previewed) as Plan) : undefined);
  const always = preview.data?.approval ?? false;
  const create = useChange(
    (wanted: Plan) => body(api.POST('/api/v1/rollouts', { body: wanted })),
    () => [keys.rollouts],
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate(plan!, { onSuccess: close });
  };
  return (
    <Modal isOpen variant="medium" onClose={close} aria-labelledby="rollout-title">
      <ModalHeader title={t('rollouts.new')} labelId="rollout-title" />
      <ModalBody>
        <Form id="rollout-form" onSubmit={submit}>
          {create.error && <Failure error={create.error} title={t('rollouts.refused')} />}
          <ArtefactFields
            kind={kind}
            change={(next) => {
              setKind(next);
              setChosen(undefined);
            }}
            choose={setChosen}
          />
          <TargetFields draft={draft} change={change} />
          <FormGroup label={t('rollouts.groupsHint')} fieldId="groups" isRequired>
            <TextInput id="groups" value={draft.groups} onChange={(_, groups) => change({ groups })} />
          </FormGroup>
          <Preview plan={plan} hint={t(`rollouts.previewHint.${kind}`)} groups={preview.data?.groups} error={preview.error} />
          <FormGroup label={t('rollouts.gatesHint')} role="group">
            {gatesFor(kind, gates).map((gate) => (
              <Checkbox
                key={gate}
                id={`gate-${gate}`}
                label={t(`rollout.gate.${gate}`)}
                isChecked={draft.gates.includes(gate)}
                onChange={(_, on) => change({ gates: on ? [...draft.gates, gate] : draft.gates.filter((other) => other !== gate) })}
              />
            ))}
          </FormGroup>
          <TimingFields draft={draft} change={change} />
          <Checkbox id="revert-when-halted" label={t('rollouts.revertWhenHalted')} isChecked={draft.revert} onChange={(_, revert) => change({ revert })} />
          <Checkbox
            id="approval"
            label={t('rollouts.approval')}
            description={always && t('rollouts.approvalAlways')}
            isChecked={draft.approval || always}
            isDisabled={always}
            onChange={(_, approval) => change({ approval })}
          />
        </Form>
      </ModalBody>
      <ModalFooter>
        <Button type="submit" form="rollout-form" isDisabled={!plan || create.isPending} isLoading={create.isPending}>
          {t('rollouts.plan')}
        </Button>
        <Button variant="link" onClick={close}>
          {t('action.cancel')}
        </Button>
      </ModalFooter>
    </Modal>
  );
}
