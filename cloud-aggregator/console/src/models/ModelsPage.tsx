import { Button, Card, CardBody, CardHeader, CardTitle, EmptyState, EmptyStateBody, Label } from '@patternfly/react-core';
import { CubeIcon } from '@patternfly/react-icons';
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table';
import { useState } from 'react';
import { Link } from 'react-router';
import type { ModelVersion } from '../api/client';
import { keys, useModels } from '../api/queries';
import { UploadButton } from '../deployments/UploadButton';
import { PageBody } from '../elements/PageBody';
import { Ago, Digest, useFormat } from '../elements/Quantity';
import { Reading } from '../elements/Reading';
import { useWords } from '../i18n';
import { useFigures } from '../reports/Metrics';
import { cardOf, pathOf } from './card';
import { InstallDialog } from './InstallDialog';

export default function ModelsPage() {
  const { t } = useWords();
  const versions = useModels();
  const [installing, setInstalling] = useState<ModelVersion>();
  return (
    <PageBody
      name={t('models.title')}
      title={t('models.title')}
      actions={<UploadButton path="/api/v1/models" accept=".zip" type="application/zip" stale={keys.models} label={t('models.upload')} done={(made) => t('models.stored', made)} />}
    >
      <Reading query={versions}>
        {(all) =>
          all.length === 0 ? (
            <EmptyState titleText={t('models.empty')} icon={CubeIcon} headingLevel="h2">
              <EmptyStateBody>{t('models.emptyHint')}</EmptyStateBody>
            </EmptyState>
          ) : (
            [...new Set(all.map(({ name }) => name))].map((name) => (
              <Card key={name} isCompact className="karu-model">
                <CardHeader>
                  <CardTitle component="h2">{name}</CardTitle>
                </CardHeader>
                <CardBody>
                  <Versions name={name} versions={all.filter((version) => version.name === name)} install={setInstalling} />
                </CardBody>
              </Card>
            ))
          )
        }
      </Reading>
      {installing && <InstallDialog version={installing} close={() => setInstalling(undefined)} />}
    </PageBody>
  );
}

function Versions({ name, versions, install }: { name: string; versions: ModelVersion[]; install: (version: ModelVersion) => void }) {
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
