import { Breadcrumb, BreadcrumbItem, EmptyState, EmptyStateBody, Tab, Tabs, TabTitleText } from '@patternfly/react-core';
import { CubeIcon } from '@patternfly/react-icons';
import { useState, type ReactNode } from 'react';
import { Link, useNavigate, useParams } from 'react-router';
import { Problem, type ModelVersion, type Schemas } from '../api/client';
import { useModels, useRegisteredModel } from '../api/queries';
import { PageBody } from '../elements/PageBody';
import { Reading } from '../elements/Reading';
import { useWords } from '../i18n';
import { Aliases } from './Aliases';
import { modelPath } from './card';
import { Comparison } from './Comparison';
import { InstallDialog } from './InstallDialog';
import { Lineage } from './Lineage';
import { Tags } from './Tags';
import { Versions } from './Versions';

const tabs = ['versions', 'compare', 'lineage', 'aliases'] as const;
type TabName = (typeof tabs)[number];

/** One model: its versions, beside each other, where they come from and run, and what names mean. */
export default function ModelPage({ tab }: { tab: TabName }) {
  const { t } = useWords();
  const { name = '' } = useParams();
  const model = useRegisteredModel(name);
  if (model.error instanceof Problem && model.error.code === 'MODEL_NOT_FOUND')
    return (
      <PageBody name={name} title={name}>
        <EmptyState titleText={t('models.unknownModel')} icon={CubeIcon} headingLevel="h2">
          <EmptyStateBody>
            <Link to="/models">{t('models.title')}</Link>
          </EmptyStateBody>
        </EmptyState>
      </PageBody>
    );
  return <Reading query={model}>{(known) => <Model key={name} model={known} shown={tab} />}</Reading>;
}

function Model({ model, shown }: { model: Schemas['RegisteredModelDetail']; shown: TabName }) {
  const { t } = useWords();
  const navigate = useNavigate();
  const all = useModels();
  const [installing, setInstalling] = useState<ModelVersion>();
  const { name } = model;
  const content = (versions: ModelVersion[]): Record<TabName, ReactNode> => ({
    versions: <Versions name={name} versions={versions} aliases={model.aliases} install={setInstalling} />,
    compare: <Comparison name={name} versions={versions} />,
    lineage: <Lineage name={name} />,
    aliases: <Aliases model={model} versions={versions} />,
  });
  return (
    <PageBody
      name={name}
      title={name}
      breadcrumb={
        <Breadcrumb>
          <BreadcrumbItem render={({ className }) => <Link className={className} to="/models">{t('models.title')}</Link>} />
          <BreadcrumbItem isActive>{name}</BreadcrumbItem>
        </Breadcrumb>
      }
      summary={
        <>
          {model.description && <p>{model.description}</p>}
          <Tags of={model.tags} />
        </>
      }
    >
      <Tabs
        activeKey={shown}
        onSelect={(_, key) => navigate(key === 'versions' ? modelPath(name) : `${modelPath(name)}/${key}`)}
        aria-label={name}
        role="region"
      >
        {tabs.map((tab) => (
          <Tab key={tab} eventKey={tab} title={<TabTitleText>{t(`models.tab.${tab}`)}</TabTitleText>}>
            {tab === shown && (
              <div className="karu-tab">
                <Reading query={all}>{(versions) => content(versions.filter((version) => version.name === name))[shown]}</Reading>
              </div>
            )}
          </Tab>
        ))}
      </Tabs>
      {installing && <InstallDialog version={installing} close={() => setInstalling(undefined)} />}
    </PageBody>
  );
}
