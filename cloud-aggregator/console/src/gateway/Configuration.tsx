import {
  ActionGroup,
  Alert,
  Button,
  EmptyState,
  Flex,
  Form,
  FormGroup,
  FormSelect,
  FormSelectOption,
  Menu,
  MenuContent,
  MenuItem,
  MenuList,
  MenuSearch,
  MenuSearchInput,
  Modal,
  ModalBody,
  ModalFooter,
  ModalHeader,
  SearchInput,
  TextInput,
  Title,
} from '@patternfly/react-core';
import { PlusCircleIcon, TrashIcon } from '@patternfly/react-icons';
import { useState, type FormEvent } from 'react';
import { useSearchParams } from 'react-router';
import { api, body, type Attribute, type Configuration as Component, type Gateway, type Property, type Schemas } from '../api/client';
import { keys, useChange, useConfigurations, useFactories } from '../api/queries';
import { Confirm } from '../elements/Confirm';
import { useNotify } from '../elements/Notices';
import { Failure, Reading } from '../elements/Reading';
import { useWords } from '../i18n';
import { AttributeField } from './AttributeField';
import { complaint, draftOf, propertyOf, type Draft } from './values';

/** The gateway's components, each with a form made from its definition and written through CONF-V2. */
export function Configuration({ gateway }: { gateway: Gateway }) {
  const { t } = useWords();
  const online = gateway.state === 'ONLINE';
  const answers = gateway.applications.includes('CONF-V2');
  const configurations = useConfigurations(gateway.clientId, online && answers);
  const [address, setAddress] = useSearchParams();
  const [filter, setFilter] = useState('');
  const [adding, setAdding] = useState(false);
  const choose = (pid: string) => setAddress({ pid }, { replace: true });

  if (!online) return <Alert isInline variant="info" title={t('conf.needsOnline')} />;
  if (!answers) return <Alert isInline variant="warning" title={t('conf.needsConf')} />;
  return (
    <Reading query={configurations}>
      {(all) => {
        const chosen = all.find(({ pid }) => pid === address.get('pid')) ?? all[0];
        const listed = all.filter((one) => title(one).toLowerCase().includes(filter.toLowerCase()) || one.pid.toLowerCase().includes(filter.toLowerCase()));
        return (
          <div className="karu-configuration">
            <Menu onSelect={(_, pid) => choose(String(pid))} activeItemId={chosen?.pid} isScrollable className="karu-components">
              <MenuSearch>
                <MenuSearchInput>
                  <SearchInput aria-label={t('conf.filter')} placeholder={t('conf.filter')} value={filter} onChange={(_, value) => setFilter(value)} onClear={() => setFilter('')} />
                </MenuSearchInput>
                <Button variant="link" icon={<PlusCircleIcon />} onClick={() => setAdding(true)}>
                  {t('conf.add')}
                </Button>
              </MenuSearch>
              <MenuContent maxMenuHeight="60vh">
                <MenuList aria-label={t('conf.choose')}>
                  {listed.map((one) => (
                    <MenuItem key={one.pid} itemId={one.pid} description={one.definition?.name} isSelected={one.pid === chosen?.pid}>
                      {one.pid}
                    </MenuItem>
                  ))}
                  {listed.length === 0 && <MenuItem isDisabled>{t('conf.noComponents')}</MenuItem>}
                </MenuList>
              </MenuContent>
            </Menu>
            {chosen && <ComponentForm key={chosen.pid} clientId={gateway.clientId} component={chosen} />}
            {adding && <NewComponent clientId={gateway.clientId} close={() => setAdding(false)} created={choose} />}
          </div>
        );
      }}
    </Reading>
  );
}

const title = (component: Component) => component.definition?.name ?? component.pid;

function ComponentForm({ clientId, component }: { clientId: string; component: Component }) {
  const { t } = useWords();
  const notify = useNotify();
  const [edits, setEdits] = useState<Record<string, Draft>>({});
  const [deleting, setDeleting] = useState(false);
  const path = { clientId, pid: component.pid };
  const stale = () => [keys.configurations(clientId)];
  const write = useChange(
    (properties: Record<string, Property>) =>
      body(api.PUT('/api/v1/gateways/{clientId}/configurations/{pid}', { params: { path }, body: { properties } })),
    stale,
  );
  const remove = useChange(
    () => api.DELETE('/api/v1/gateways/{clientId}/configurations/{pid}', { params: { path } }),
    stale,
  );
  const attributes: Attribute[] = component.definition?.attributes ?? [];
  const present = (attribute: Attribute) => draftOf(attribute, component.properties[attribute.id]);
  const draft = (attribute: Attribute) => edits[attribute.id] ?? present(attribute);
  const changed = attributes.filter((attribute) => draft(attribute) !== present(attribute));
  const wrong = new Map(changed.map((attribute) => [attribute.id, complaint(attribute, draft(attribute), t)]));
  const blocked = [...wrong.values()].some(Boolean);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    write.mutate(Object.fromEntries(changed.map((attribute) => [attribute.id, propertyOf(attribute, draft(attribute))])), {
      onSuccess: () => {
        setEdits({});
        notify('success', t('conf.saved'));
      },
    });
  };

  return (
    <div>
      <Flex justifyContent={{ default: 'justifyContentSpaceBetween' }} alignItems={{ default: 'alignItemsFlexStart' }} flexWrap={{ default: 'nowrap' }}>
        <div>
          <Title headingLevel="h2">{title(component)}</Title>
          <p className="karu-quiet">
            {component.pid}
            {component.factoryPid && ` · ${component.factoryPid}`}
          </p>
          <p>{component.definition?.description}</p>
        </div>
        {component.factoryPid && (
          <Button variant="link" isDanger className="karu-nowrap" icon={<TrashIcon />} onClick={() => setDeleting(true)}>
            {t('conf.delete')}
          </Button>
        )}
      </Flex>
      {attributes.length === 0 ? (
        <EmptyState titleText={t('conf.noDefinition')} headingLevel="h3" variant="sm" />
      ) : (
        <Form onSubmit={submit} aria-label={title(component)} className="karu-attributes" maxWidth="46rem" noValidate>
          {attributes.map((attribute) => (
            <AttributeField
              key={attribute.id}
              attribute={attribute}
              draft={draft(attribute)}
              changed={wrong.has(attribute.id)}
              wrong={wrong.get(attribute.id)}
              change={(value) => setEdits((now) => ({ ...now, [attribute.id]: value }))}
            />
          ))}
          {write.error && <Failure error={write.error} title={t('conf.refused')} />}
          <ActionGroup className="karu-sticky">
            <Button type="submit" isDisabled={changed.length === 0 || blocked || write.isPending} isLoading={write.isPending}>
              {t('conf.save')}
            </Button>
            <Button variant="link" isDisabled={changed.length === 0} onClick={() => setEdits({})}>
              {t('conf.reset')}
            </Button>
            {changed.length > 0 && <span className="karu-quiet">{t('conf.changed', { n: changed.length })}</span>}
          </ActionGroup>
        </Form>
      )}
      {deleting && (
        <Confirm title={t('conf.deleteTitle', { pid: component.pid })} action={t('conf.delete')} close={() => setDeleting(false)} run={() => remove.mutateAsync(undefined)}>
          {t('conf.deleteBody')}
        </Confirm>
      )}
    </div>
  );
}

function NewComponent({ clientId, close, created }: { clientId: string; close: () => void; created: (pid: string) => void }) {
  const { t } = useWords();
  const notify = useNotify();
  const factories = useFactories(clientId, true);
  const [factory, setFactory] = useState('');
  const [pid, setPid] = useState('');
  const create = useChange(
    (wanted: Schemas['NewComponent']) =>
      body(api.POST('/api/v1/gateways/{clientId}/configurations', { params: { path: { clientId } }, body: wanted })),
    () => [keys.configurations(clientId)],
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate(
      { factoryPid: factory, pid },
      {
        onSuccess: () => {
          notify('success', t('conf.created', { pid }));
          created(pid);
          close();
        },
      },
    );
  };
  return (
    <Modal isOpen variant="small" onClose={close} aria-labelledby="component-title">
      <ModalHeader title={t('conf.add')} labelId="component-title" />
      <ModalBody>
        <Reading query={factories}>
          {(pids) => (
            <Form id="component-form" onSubmit={submit}>
              {create.error && <Failure error={create.error} title={t('conf.add')} />}
              <FormGroup label={t('conf.factory')} fieldId="factory" isRequired>
                <FormSelect id="factory" value={factory} onChange={(_, value) => setFactory(value)}>
                  <FormSelectOption value="" label="" isDisabled />
                  {pids.map((name) => (
                    <FormSelectOption key={name} value={name} label={name} />
                  ))}
                </FormSelect>
              </FormGroup>
              <FormGroup label={t('conf.pid')} fieldId="pid" isRequired>
                <TextInput id="pid" value={pid} onChange={(_, value) => setPid(value)} />
              </FormGroup>
            </Form>
          )}
        </Reading>
      </ModalBody>
      <ModalFooter>
        <Button type="submit" form="component-form" isDisabled={!factory || !pid || create.isPending} isLoading={create.isPending}>
          {t('conf.create')}
        </Button>
        <Button variant="link" onClick={close}>
          {t('action.cancel')}
        </Button>
      </ModalFooter>
    </Modal>
  );
}
