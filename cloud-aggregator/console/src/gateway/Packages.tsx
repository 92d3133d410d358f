import { EmptyState, Label } from '@patternfly/react-core';
import { CubesIcon } from '@patternfly/react-icons';
import { ExpandableRowContent, Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table';
import { useState } from 'react';
import type { GatewayDetail } from '../api/client';
import { Ago } from '../elements/Quantity';
import { useWords } from '../i18n';

type Installed = GatewayDetail['packages'][number];

/** Installed packages, each with its bundles. A model bundle need not be active: it has no code. */
export function Packages({ detail }: { detail: GatewayDetail }) {
  const { t } = useWords();
  if (detail.packages.length === 0) return <EmptyState titleText={t('packages.none')} icon={CubesIcon} headingLevel="h2" variant="sm" />;
  return (
    <>
      <Table aria-label={t('tab.packages')} variant="compact">
        <Thead>
          <Tr>
            <Th screenReaderText={t('packages.col.bundles')} />
            <Th>{t('packages.col.name')}</Th>
            <Th>{t('packages.col.version')}</Th>
            <Th>{t('packages.col.bundles')}</Th>
          </Tr>
        </Thead>
        {detail.packages.map((one) => (
          <PackageRows key={one.name} installed={one} />
        ))}
      </Table>
      <p className="karu-quiet karu-read-at">
        {t('gateway.readAt')} <Ago at={detail.inventoryAt} />
      </p>
    </>
  );
}

function PackageRows({ installed }: { installed: Installed }) {
  const { t } = useWords();
  const [open, setOpen] = useState(false);
  const n = installed.bundles.length;
  const active = installed.bundles.filter((bundle) => works(bundle)).length;
  return (
    <Tbody isExpanded={open}>
      <Tr>
        <Td expand={{ rowIndex: 0, isExpanded: open, onToggle: () => setOpen(!open) }} />
        <Td dataLabel={t('packages.col.name')}>{installed.name}</Td>
        <Td dataLabel={t('packages.col.version')}>{installed.version}</Td>
        <Td dataLabel={t('packages.col.bundles')}>
          <Label isCompact variant="outline" status={active === n ? 'success' : 'danger'}>
            {active === n ? t('packages.allActive', { n }) : t('packages.someActive', { active, n })}
          </Label>
        </Td>
      </Tr>
      <Tr isExpanded={open}>
        <Td />
        <Td colSpan={3}>
          <ExpandableRowContent>
            <Table variant="compact" borders={false} aria-label={installed.name}>
              <Tbody>
                {installed.bundles.map((bundle) => (
                  <Tr key={bundle.name}>
                    <Td>{bundle.name}</Td>
                    <Td>{bundle.version}</Td>
                    <Td>
                      <Label isCompact status={works(bundle) ? 'success' : 'danger'}>
                        {bundle.state}
                      </Label>
                    </Td>
                  </Tr>
                ))}
              </Tbody>
            </Table>
          </ExpandableRowContent>
        </Td>
      </Tr>
    </Tbody>
  );
}

const works = (bundle: Installed['bundles'][number]) =>
  bundle.state === 'ACTIVE' || (bundle.state === 'RESOLVED' && bundle.name.startsWith('karu.model.'));
