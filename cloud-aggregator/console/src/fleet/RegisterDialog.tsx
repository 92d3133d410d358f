import {
  Alert,
  Button,
  ClipboardCopy,
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
import { useState, type FormEvent } from 'react';
import { api, body, type Schemas } from '../api/client';
import { keys, useChange } from '../api/queries';
import { Failure } from '../elements/Reading';
import { useWords } from '../i18n';

export function RegisterDialog({ close }: { close: () => void }) {
  const { t } = useWords();
  const [clientId, setClientId] = useState('');
  const [site, setSite] = useState('');
  const register = useChange(
    (wanted: Schemas['NewGateway']) => body(api.POST('/api/v1/gateways', { body: wanted })),
    () => [keys.gateways],
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    register.mutate({ clientId, site });
  };
  if (register.data) return <CredentialsDialog credentials={register.data} close={close} />;
  return (
    <Modal isOpen variant="small" onClose={close} aria-labelledby="register-title">
      <ModalHeader title={t('register.title')} labelId="register-title" />
      <ModalBody>
        <Form id="register-form" onSubmit={submit}>
          {register.error && <Failure error={register.error} title={t('register.title')} />}
          <FormGroup label={t('register.clientId')} fieldId="client-id" isRequired>
            <TextInput id="client-id" value={clientId} onChange={(_, value) => setClientId(value)} autoFocus />
            <FormHelperText>
              <HelperText>
                <HelperTextItem>{t('register.clientIdHint')}</HelperTextItem>
              </HelperText>
            </FormHelperText>
          </FormGroup>
          <FormGroup label={t('register.site')} fieldId="site">
            <TextInput id="site" value={site} onChange={(_, value) => setSite(value)} />
          </FormGroup>
        </Form>
      </ModalBody>
      <ModalFooter>
        <Button type="submit" form="register-form" isDisabled={!clientId || register.isPending} isLoading={register.isPending}>
          {t('register.submit')}
        </Button>
        <Button variant="link" onClick={close}>
          {t('action.cancel')}
        </Button>
      </ModalFooter>
    </Modal>
  );
}

/** The only time that a gateway's password can be read. */
export function CredentialsDialog({ credentials, close }: { credentials: Schemas['Credentials']; close: () => void }) {
  const { t } = useWords();
  const rows = [
    [t('register.broker'), credentials.broker],
    [t('register.account'), credentials.account],
    [t('register.clientId'), credentials.clientId],
    [t('register.username'), credentials.username],
    [t('register.password'), credentials.password],
  ] as const;
  return (
    <Modal isOpen variant="small" onClose={close} aria-labelledby="credentials-title">
      <ModalHeader title={t('register.done', { id: credentials.clientId })} labelId="credentials-title" />
      <ModalBody>
        <Form>
          <Alert isInline variant="warning" title={t('register.once')} />
          {rows.map(([label, value]) => (
            <FormGroup key={label} label={label}>
              <ClipboardCopy isReadOnly textAriaLabel={label} hoverTip={t('action.copy')} clickTip={t('action.copied')}>
                {value}
              </ClipboardCopy>
            </FormGroup>
          ))}
        </Form>
      </ModalBody>
      <ModalFooter>
        <Button onClick={close}>{t('action.close')}</Button>
      </ModalFooter>
    </Modal>
  );
}
