import { Card, CardBody, CardHeader, CardTitle, EmptyState, EmptyStateBody } from '@patternfly/react-core';
import { CubeIcon } from '@patternfly/react-icons';
import { useState } from 'react';
import { Link } from 'react-router';
import type { ModelVersion } from '../api/client';
import { keys, useModels, useRegistry } from '../api/queries';
import { UploadButton } from '../deployments/UploadButton';
import { PageBody } from '../elements/PageBody';
import { Reading } from '../elements/Reading';
import { useWords } from '../i18n';
import { modelPath } from './card';
import { InstallDialog } from './InstallDialog';
import { Versions } from './Versions';

export default function ModelsPage() {
  const { t } = useWords();
  const versions = useModels();
  const registry = useRegistry();
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
                  <CardTitle component="h2">
                    <Link to={modelPath(name)}>{name}</Link>
                  </CardTitle>
                </CardHeader>
                <CardBody>
                  <Versions
                    name={name}
                    versions={all.filter((version) => version.name === name)}
                    aliases={registry.data?.find((model) => model.name === name)?.aliases ?? []}
                    install={setInstalling}
                  />
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
