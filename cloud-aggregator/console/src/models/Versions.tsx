import { Button, Label } from '@patternfly/react-core';
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table';
import { Link } from 'react-router';
import type { ModelAlias, ModelVersion } from '../api/client';
import { Ago, Digest, useFormat } from '../elements/Quantity';
import { useWords } from '../i18n';
import { useFigures } from '../reports/Metrics';
import { AliasLabels } from './AliasLabels';
import { cardOf, pathOf } from './card';

interface Props {
  name: string;
  versions: readonly ModelVersion[];
  aliases: readonly ModelAlias[];
  install: (version: ModelVersion) => void;
}

/** The versions of a model, newest first. */
export function Versions({ name, versions, aliases, install }: Props) {
  const { t } = useWords();
  const { bytes } = useFormat();
  const { figure, interval } = useFigures();
  return (
    <Table aria-label={name} variant="compact">
      <Thead>
        <Tr>
          <Th>{t('models.col.version')}</Th>
          <Th>{t('models.col.task')}</Th>
          <Th>{t('report.metrics')}</Th>
          <Th>{t('models.col.digest')}</Th>
          <Th>{t('models.col.size')}</Th>
          <Th>{t('models.col.uploaded')}</Th>
          <Th screenReaderText={t('action.actions')} />
        </Tr>
      </Thead>
      <Tbody>
        {versions.map((version) => {
          const { task, description, metrics } = cardOf(version);
          return (
            <Tr key={version.digest}>
              <Td dataLabel={t('models.col.version')}>
                <Link className="karu-name" to={pathOf(version)}>
                  {version.version}
                </Link>
                <AliasLabels of={aliases.filter(({ digest }) => digest === version.digest)} />
                <div className="karu-quiet">{description}</div>
              </Td>
              <Td dataLabel={t('models.col.task')}>
                <Label isCompact variant="outline">
                  {task}
                </Label>
              </Td>
              <Td dataLabel={t('report.metrics')}>
                {metrics
                  .filter(({ baseline }) => !baseline)
                  .slice(0, 2)
                  .map((metric) => (
                    <div key={metric.name} className="karu-nowrap">
                      {metric.name} <strong>{figure(metric.value)}</strong> <span className="karu-quiet">{interval(metric)}</span>
                    </div>
                  ))}
              </Td>
              <Td dataLabel={t('models.col.digest')}>
                <Digest of={version.digest} />
              </Td>
              <Td dataLabel={t('models.col.size')}>{bytes(version.size)}</Td>
              <Td dataLabel={t('models.col.uploaded')}>
                <Ago at={version.registeredAt} />
                <div className="karu-quiet">{version.registeredBy}</div>
              </Td>
              <Td isActionCell>
                <Button size="sm" variant="secondary" aria-label={t('models.installOn', { name: version.name, version: version.version })} onClick={() => install(version)}>
                  {t('models.install')}
                </Button>
              </Td>
            </Tr>
          );
        })}
      </Tbody>
    </Table>
  );
}
