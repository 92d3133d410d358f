import { Alert, Button, List, ListItem, Modal, ModalBody, ModalFooter, ModalHeader } from '@patternfly/react-core';
import { UploadIcon } from '@patternfly/react-icons';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { Problem, upload } from '../api/client';
import { useNotify } from '../elements/Notices';
import { useFormat } from '../elements/Quantity';
import { useWords } from '../i18n';

interface Props {
  path: string;
  accept: string;
  type: string;
  label: string;
  stale: readonly unknown[];
  done: (made: { name: string; version: string }) => string;
}

/** Sends one file and says what became of it; a refusal lists its findings. */
export function UploadButton({ path, accept, type, label, stale, done }: Props) {
  const { t } = useWords();
  const { percent } = useFormat();
  const notify = useNotify();
  const client = useQueryClient();
  const input = useRef<HTMLInputElement>(null);
  const [fraction, setFraction] = useState(0);
  const send = useMutation({
    mutationFn: (file: File) => upload<{ name: string; version: string }>(path, file, type, setFraction),
    onSuccess: (made) => {
      void client.invalidateQueries({ queryKey: stale });
      notify('success', done(made));
    },
  });
  const findings = send.error instanceof Problem ? ((send.error.body as { findings?: string[] }).findings ?? []) : [];
  return (
    <>
      <input
        ref={input}
        type="file"
        accept={accept}
        aria-label={label}
        className="karu-file"
        tabIndex={-1}
        onChange={(event) => {
          const file = event.target.files?.[0];
          if (file) send.mutate(file);
          event.target.value = '';
        }}
      />
      <Button variant="secondary" icon={<UploadIcon />} isLoading={send.isPending} isDisabled={send.isPending} onClick={() => input.current?.click()}>
        {send.isPending ? t('deployments.uploading', { percent: percent(fraction) }) : label}
      </Button>
      {send.error && (
        <Modal isOpen variant="medium" onClose={() => send.reset()} aria-labelledby="refused-title">
          <ModalHeader title={t('deployments.refused')} labelId="refused-title" titleIconVariant="danger" />
          <ModalBody>
            <Alert isInline isPlain variant="danger" title={send.error.message} />
            <List>
              {findings.map((finding) => (
                <ListItem key={finding}>{finding}</ListItem>
              ))}
            </List>
          </ModalBody>
          <ModalFooter>
            <Button onClick={() => send.reset()}>{t('action.close')}</Button>
          </ModalFooter>
        </Modal>
      )}
    </>
  );
}
