import { Checkbox, EmptyState, Flex, Label, Switch } from '@patternfly/react-core';
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table';
import { Fragment, useState } from 'react';
import { Link, useSearchParams } from 'react-router';
import type { ModelVersion, Schemas } from '../api/client';
import { useComparison } from '../api/queries';
import { Digest } from '../elements/Quantity';
import { Reading } from '../elements/Reading';
import { useWords } from '../i18n';
import { useFigures, type Metric } from '../reports/Metrics';
import { pathOf } from './card';

const most = 4;

/** Versions side by side; which ones is a part of the address. */
export function Comparison({ name, versions }: { name: string; versions: readonly ModelVersion[] }) {
  const { t } = useWords();
  const [search, setSearch] = useSearchParams();
  const asked = search.get('versions')?.split(',') ?? versions.slice(0, 2).map(({ digest }) => digest).reverse();
  const chosen = asked.filter((digest) => versions.some((version) => version.digest === digest));
  const toggle = (digest: string) => {
    const next = chosen.includes(digest) ? chosen.filter((other) => other !== digest) : [...chosen, digest];
    setSearch({ versions: next.join(',') }, { replace: true });
  };
  return (
    <>
      <Flex gap={{ default: 'gapMd' }} className="karu-part">
        {versions.map(({ digest, version }) => (
          <Checkbox
            key={digest}
            id={`compare-${digest}`}
            label={version}
            aria-label={t('models.choose', { version })}
            isChecked={chosen.includes(digest)}
            isDisabled={!chosen.includes(digest) && chosen.length >= most}
            onChange={() => toggle(digest)}
          />
        ))}
      </Flex>
      {chosen.length < 2 ? <EmptyState titleText={t('models.chooseTwo')} headingLevel="h2" variant="sm" /> : <Beside name={name} digests={chosen} />}
    </>
  );
}

function Beside({ name, digests }: { name: string; digests: readonly string[] }) {
  const { t } = useWords();
  const [differences, setDifferences] = useState(true);
  const comparison = useComparison(name, digests);
  return (
    <Reading query={comparison}>
      {({ versions, rows }) => {
        const shown = rows.filter((row) => row.differs || !differences);
        const groups = [...new Set(shown.map(({ group }) => group))];
        return (
          <>
            <Switch id="differences" label={t('models.differences')} isChecked={differences} onChange={(_, on) => setDifferences(on)} />
            <Table aria-label={t('models.tab.compare')} variant="compact" className="karu-comparison">
              <Thead>
                <Tr>
                  <Th />
                  {versions.map((version) => (
                    <Th key={version.digest}>
                      <Link to={pathOf(version)}>{version.version}</Link> <Digest of={version.digest} />
                    </Th>
                  ))}
                </Tr>
              </Thead>
              <Tbody>
                {shown.length === 0 && (
                  <Tr>
                    <Td colSpan={versions.length + 1}>{t('models.same')}</Td>
                  </Tr>
                )}
                {groups.map((group) => (
                  <Fragment key={group}>
                    <Tr className="karu-group">
                      <Th colSpan={versions.length + 1} scope="rowgroup">
                        {t(`models.group.${group}`)}
                      </Th>
                    </Tr>
                    {shown.filter((row) => row.group === group).map((row) => <Row key={row.name} row={row} />)}
                  </Fragment>
                ))}
              </Tbody>
            </Table>
          </>
        );
      }}
    </Reading>
  );
}

function Row({ row }: { row: Schemas['ComparisonRow'] }) {
  const { t } = useWords();
  const { figure, interval } = useFigures();
  const cell = (value: unknown) => {
    if (value === null || value === undefined) return <span className="karu-quiet">–</span>;
    if (typeof value === 'object' && 'value' in value) {
      const metric = value as Metric;
      return (
        <>
          <strong>{figure(metric.value)}</strong> <span className="karu-quiet karu-nowrap">{interval(metric)}</span>
        </>
      );
    }
    if (typeof value === 'string' && value.startsWith('sha256:')) return <Digest of={value} />;
    return typeof value === 'object' ? JSON.stringify(value) : String(value);
  };
  return (
    <Tr className={row.differs ? 'karu-differs' : undefined}>
      <Th scope="row" className="karu-row-name">
        {row.name}{' '}
        {row.significant && (
          <Label isCompact color="orange" title={t('models.significant')}>
            ≠
          </Label>
        )}
      </Th>
      {row.values.map((value, index) => (
        <Td key={index}>{cell(value)}</Td>
      ))}
    </Tr>
  );
}
