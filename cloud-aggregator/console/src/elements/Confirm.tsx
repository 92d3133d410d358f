import { Button, Modal, ModalBody, ModalFooter, ModalHeader } from '@patternfly/react-core';
import { useMutation } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useWords } from '../i18n';
import { Failure } from './Reading';

interface Props {
  title: string;
  action: string;
  children: ReactNode;
  run: () => Promise<unknown>;
  close: () => void;
}

/** Asks before something that cannot be undone; shows why it failed. */
export function Confirm({ title, action, children, run, close }: Props) {
  const { t } = useWords();
  const change = useMutation({ mutationFn: run, onSuccess: close });
  return (
    <Modal isOpen variant="small" onClose={close} aria-label={title}>
      <ModalHeader title={title} titleIconVariant="warning" />
      <ModalBody>
        {change.error && <Failure error={change.error} title={action} />}
        {children}
      </ModalBody>
      <ModalFooter>
        <Button variant="danger" onClick={() => change.mutate()} isLoading={change.isPending} isDisabled={change.isPending}>
          {action}
        </Button>
        <Button variant="link" onClick={close}>
          {t('action.cancel')}
        </Button>
      </ModalFooter>
    </Modal>
  );
}
