import { Button, Checkbox, Form, FormGroup, FormSelect, FormSelectOption, Modal, ModalBody, ModalFooter, ModalHeader, TextInput } from '@patternfly/react-core';
import { useState, type FormEvent } from 'react';
import { api, body, type Schemas } from '../api/client';
import { keys, useChange, useModels } from '../api/queries';
import { shortDigest } from '../elements/Quantity';
import { Failure, Reading } from '../elements/Reading';
import { useWords } from '../i18n';

type Gate = Schemas['RolloutGate']['kind'];
const gates: Gate[] = ['install', 'health', 'classes', 'reject-rate', 'latency', 'memory', 'overrules', 'agreement'];

/** Groups as a person writes them: `canary, 25%, 3, rest`. */
export function groupsOf(text: string): Schemas['RolloutGroupPlan'][] {
  return text
    .split(',')
    .map((word) => word.trim())
    .filter(Boolean)
    .map((name) => {
      if (name === 'canary') return { name, size: { canary: true } };
      if (/^\d+(\.\d+)?%$/.test(name)) return { name, size: { percent: parseFloat(name) } };
      if (/^\d+$/.test(name)) return { name, size: { count: Number(name) } };
      return { name };
    });
}

export function NewRollout({ close }: { close: () => void }) {
  const { t } = useWords();
  const models = useModels();
  const [digest, setDigest] = useState('');
  const [groups, setGroups] = useState('canary, 25%, rest');
  const [chosen, setChosen] = useState<Gate[]>(['install', 'health', 'classes', 'reject-rate']);
  const [revert, setRevert] = useState(true);
  const [approval, setApproval] = useState(false);
  const version = models.data?.find((one) => one.digest === digest);
  const create = useChange(
    (plan: Schemas['RolloutPlan']) => body(api.POST('/api/v1/rollouts', { body: plan })),
    () => [keys.rollouts],
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate(
      {
        name: `${version!.name} ${version!.version}`,
        artefact: { kind: 'model', name: version!.name, digest, alias: 'champion' },
        groups: groupsOf(groups),
        gates: chosen.map((kind) => ({ kind })) as Schemas['RolloutGate'][],
        whenHalted: revert ? 'REVERT' : 'ASK',
        approval,
      } as Schemas['RolloutPlan'],
      { onSuccess: close },
    );
  };
  return (
    <Modal isOpen variant="small" onClose={close} aria-labelledby="rollout-title">
      <ModalHeader title={t('rollouts.new')} labelId="rollout-title" />
      <ModalBody>
        <Form id="rollout-form" onSubmit={submit}>
          {create.error && <Failure error={create.error} title={t('rollouts.refused')} />}
          <Reading query={models}>
            {(all) => (
              <FormGroup label={t('rollouts.version')} fieldId="version" isRequired>
                <FormSelect id="version" value={digest} onChange={(_, value) => setDigest(value)}>
                  <FormSelectOption value="" label={t('rollouts.chooseVersion')} isDisabled />
                  {all.map((one) => (
                    <FormSelectOption key={one.digest} value={one.digest} label={`${one.name} ${one.version} · ${shortDigest(one.digest)}`} />
                  ))}
                </FormSelect>
              </FormGroup>
            )}
          </Reading>
          <FormGroup label={t('rollouts.groupsHint')} fieldId="groups" isRequired>
            <TextInput id="groups" value={groups} onChange={(_, value) => setGroups(value)} />
          </FormGroup>
          <FormGroup label={t('rollouts.gatesHint')} role="group">
            {gates.map((kind) => (
              <Checkbox
                key={kind}
                id={`gate-${kind}`}
                label={t(`rollout.gate.${kind}`)}
                isChecked={chosen.includes(kind)}
                onChange={(_, on) => setChosen(on ? [...chosen, kind] : chosen.filter((other) => other !== kind))}
              />
            ))}
          </FormGroup>
          <Checkbox id="revert-when-halted" label={t('rollouts.revertWhenHalted')} isChecked={revert} onChange={(_, on) => setRevert(on)} />
          <Checkbox id="approval" label={t('rollouts.approval')} isChecked={approval} onChange={(_, on) => setApproval(on)} />
        </Form>
      </ModalBody>
      <ModalFooter>
        <Button type="submit" form="rollout-form" isDisabled={!version || create.isPending} isLoading={create.isPending}>
          {t('rollouts.plan')}
        </Button>
        <Button variant="link" onClick={close}>
          {t('action.cancel')}
        </Button>
      </ModalFooter>
    </Modal>
  );
}
