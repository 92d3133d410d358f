import { Button, EmptyState, EmptyStateBody, Form, FormGroup, FormHelperText, FormSelect, FormSelectOption, HelperText, HelperTextItem, Modal, ModalBody, ModalFooter, ModalHeader, TextInput } from '@patternfly/react-core';
import { TagIcon } from '@patternfly/react-icons';
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table';
import { useState, type FormEvent } from 'react';
import { Link } from 'react-router';
import { api, body, type ModelAlias, type ModelVersion, type Schemas } from '../api/client';
import { keys, useChange } from '../api/queries';
import { useNotify } from '../elements/Notices';
import { Ago, Digest } from '../elements/Quantity';
import { Failure } from '../elements/Reading';
import { useWords } from '../i18n';
import { AliasLabels, aliasName } from './AliasLabels';
import { pathOf } from './card';

interface Props {
  model: Schemas['RegisteredModelDetail'];
  versions: readonly ModelVersion[];
}

/** What the names of a model mean, who moved them, and moving one. */
export function Aliases({ model, versions }: Props) {
  const { t } = useWords();
  const notify = useNotify();
  const { name } = model;
  const [moving, setMoving] = useState<Partial<ModelAlias>>();
  const remove = useChange(
    ({ alias, site }: ModelAlias) => body(api.DELETE('/api/v1/registry/{name}/aliases/{alias}', { params: { path: { name, alias }, query: { site: site || undefined } } })),
    () => [keys.registry],
  );
  const version = (digest?: string) => {
    const known = versions.find((one) => one.digest === digest);
    return known ? <Link to={pathOf(known)}>{known.version}</Link> : digest ? <Digest of={digest} /> : t('models.removed');
  };
  return (
    <>
      <Button onClick={() => setMoving({})} isDisabled={versions.length === 0} className="karu-part">
        {t('models.move')}
      </Button>
      {remove.error && <Failure error={remove.error} title={t('models.move')} />}
      {model.aliases.length === 0 ? (
        <EmptyState titleText={t('models.noAliases')} icon={TagIcon} headingLevel="h2" variant="sm">
          <EmptyStateBody>{t('models.noAliasesHint')}</EmptyStateBody>
        </EmptyState>
      ) : (
        <Table aria-label={t('models.tab.aliases')} variant="compact">
          <Thead>
            <Tr>
              <Th>{t('models.alias')}</Th>
              <Th>{t('models.site')}</Th>
              <Th>{t('models.meant')}</Th>
              <Th>{t('models.col.digest')}</Th>
              <Th>{t('models.generation')}</Th>
              <Th>{t('models.when')}</Th>
              <Th>{t('models.by')}</Th>
              <Th screenReaderText={t('action.actions')} />
            </Tr>
          </Thead>
          <Tbody>
            {model.aliases.map((alias) => (
              <Tr key={aliasName(alias)}>
                <Td dataLabel={t('models.alias')}>
                  <AliasLabels of={[alias]} />
                </Td>
                <Td dataLabel={t('models.site')}>{alias.site || t('models.everywhere')}</Td>
                <Td dataLabel={t('models.meant')}>{version(alias.digest)}</Td>
                <Td dataLabel={t('models.col.digest')}>
                  <Digest of={alias.digest} />
                </Td>
                <Td dataLabel={t('models.generation')}>{alias.generation}</Td>
                <Td dataLabel={t('models.when')}>
                  <Ago at={alias.movedAt} />
                </Td>
                <Td dataLabel={t('models.by')}>{alias.movedBy}</Td>
                <Td isActionCell>
                  <Button size="sm" variant="secondary" onClick={() => setMoving(alias)}>
                    {t('models.move')}
                  </Button>{' '}
                  <Button
                    size="sm"
                    variant="link"
                    isDanger
                    isDisabled={remove.isPending}
                    onClick={() => remove.mutate(alias, { onSuccess: () => notify('success', t('models.aliasRemoved', { alias: aliasName(alias) })) })}
                  >
                    {t('models.removeAlias', { alias: aliasName(alias) })}
                  </Button>
                </Td>
              </Tr>
            ))}
          </Tbody>
        </Table>
      )}
      {model.moves.length > 0 && (
        <Table aria-label={t('models.history')} variant="compact" className="karu-part">
          <Thead>
            <Tr>
              <Th>{t('models.when')}</Th>
              <Th>{t('models.alias')}</Th>
              <Th>{t('models.meant')}</Th>
              <Th>{t('models.by')}</Th>
            </Tr>
          </Thead>
          <Tbody>
            {model.moves.map((move, index) => (
              <Tr key={index}>
                <Td dataLabel={t('models.when')}>
                  <Ago at={move.at} />
                </Td>
                <Td dataLabel={t('models.alias')}>{aliasName(move)}</Td>
                <Td dataLabel={t('models.meant')}>{version(move.digest)}</Td>
                <Td dataLabel={t('models.by')}>{move.by}</Td>
              </Tr>
            ))}
          </Tbody>
        </Table>
      )}
      {moving && <MoveDialog name={name} from={moving} versions={versions} close={() => setMoving(undefined)} />}
    </>
  );
}

function MoveDialog({ name, from, versions, close }: { name: string; from: Partial<ModelAlias>; versions: readonly ModelVersion[]; close: () => void }) {
  const { t } = useWords();
  const notify = useNotify();
  const [alias, setAlias] = useState(from.alias ?? 'champion');
  const [site, setSite] = useState(from.site ?? '');
  const [digest, setDigest] = useState(from.digest ?? versions[0]!.digest);
  const move = useChange(
    () => body(api.PUT('/api/v1/registry/{name}/aliases/{alias}', { params: { path: { name, alias } }, body: { digest, site: site.trim() || undefined } })),
    () => [keys.registry],
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    move.mutate(undefined, {
      onSuccess: () => {
        notify('success', t('models.moved', { alias, version: versions.find((one) => one.digest === digest)?.version ?? '' }));
        close();
      },
    });
  };
  return (
    <Modal isOpen variant="small" onClose={close} aria-labelledby="move-title">
      <ModalHeader title={t('models.moveTitle', { name })} labelId="move-title" description={t('models.moveNote')} />
      <ModalBody>
        <Form id="move-form" onSubmit={submit}>
          {move.error && <Failure error={move.error} title={t('models.move')} />}
          <FormGroup label={t('models.alias')} fieldId="move-alias" isRequired>
            <TextInput id="move-alias" value={alias} onChange={(_, value) => setAlias(value)} isRequired />
          </FormGroup>
          <FormGroup label={t('models.site')} fieldId="move-site">
            <TextInput id="move-site" value={site} onChange={(_, value) => setSite(value)} />
            <FormHelperText>
              <HelperText>
                <HelperTextItem>{t('models.siteHelp')}</HelperTextItem>
              </HelperText>
            </FormHelperText>
          </FormGroup>
          <FormGroup label={t('models.col.version')} fieldId="move-version">
            <FormSelect id="move-version" value={digest} onChange={(_, value) => setDigest(value)}>
              {versions.map((version) => (
                <FormSelectOption key={version.digest} value={version.digest} label={version.version} />
              ))}
            </FormSelect>
          </FormGroup>
        </Form>
      </ModalBody>
      <ModalFooter>
        <Button type="submit" form="move-form" isDisabled={!alias.trim() || move.isPending} isLoading={move.isPending}>
          {t('models.move')}
        </Button>
        <Button variant="link" onClick={close}>
          {t('action.cancel')}
        </Button>
      </ModalFooter>
    </Modal>
  );
}
