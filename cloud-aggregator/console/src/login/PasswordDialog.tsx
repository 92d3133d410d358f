import {
  Button,
  Form,
  FormGroup,
  FormHelperText,
  HelperText,
  HelperTextItem,
  Modal,
  ModalBody,
  ModalFooter,
  ModalHeader,
  TextInput,
} from '@patternfly/react-core';
import { useMutation } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { api } from '../api/client';
import { useNotify } from '../elements/Notices';
import { Failure } from '../elements/Reading';
import { useWords } from '../i18n';

export function PasswordDialog({ close }: { close: () => void }) {
  const { t } = useWords();
  const notify = useNotify();
  const [current, setCurrent] = useState('');
  const [password, setPassword] = useState('');
  const change = useMutation({
    mutationFn: () => api.PUT('/api/v1/session/password', { body: { current, password } }),
    onSuccess: () => {
      notify('success', t('password.changed'));
      close();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    change.mutate();
  };
  return (
    <Modal isOpen variant="small" onClose={close} aria-labelledby="password-title">
      <ModalHeader title={t('menu.password')} labelId="password-title" />
      <ModalBody>
        <Form id="password-form" onSubmit={submit}>
          {change.error && <Failure error={change.error} title={t('menu.password')} />}
          <FormGroup label={t('password.current')} fieldId="current" isRequired>
            <TextInput id="current" type="password" autoComplete="current-password" value={current} onChange={(_, v) => setCurrent(v)} />
          </FormGroup>
          <FormGroup label={t('password.new')} fieldId="new" isRequired>
            <TextInput id="new" type="password" autoComplete="new-password" value={password} onChange={(_, v) => setPassword(v)} />
            <FormHelperText>
              <HelperText>
                <HelperTextItem>{t('password.rule')}</HelperTextItem>
              </HelperText>
            </FormHelperText>
          </FormGroup>
        </Form>
      </ModalBody>
      <ModalFooter>
        <Button type="submit" form="password-form" isDisabled={password.length < 12 || !current || change.isPending}>
          {t('action.save')}
        </Button>
        <Button variant="link" onClick={close}>
          {t('action.cancel')}
        </Button>
      </ModalFooter>
    </Modal>
  );
}
