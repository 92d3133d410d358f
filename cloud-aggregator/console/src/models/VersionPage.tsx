import { Breadcrumb, BreadcrumbItem, Button, EmptyState, EmptyStateBody, Flex, Label, Tab, Tabs, TabTitleText } from '@patternfly/react-core';
import { CubeIcon } from '@patternfly/react-icons';
import { useState, type ReactNode } from 'react';
import { Link, useNavigate, useParams } from 'react-router';
import type { ModelVersion } from '../api/client';
import { useModels, useVersionNotes } from '../api/queries';
import { PageBody } from '../elements/PageBody';
import { Ago, Digest, useFormat } from '../elements/Quantity';
import { Reading } from '../elements/Reading';
import { useWords } from '../i18n';
import { ReportTab } from '../reports/ReportTab';
import { AliasLabels } from './AliasLabels';
import { cardOf, modelPath, pathOf } from './card';
import { CardTab } from './CardTab';
import { InstallDialog } from './InstallDialog';
import { Tags } from './Tags';

const bomUrl = ({ name, digest }: ModelVersion) => `/api/v1/registry/${encodeURIComponent(name)}/versions/${digest}/bom`;

const tabs = ['card', 'training', 'evaluation', 'compression'] as const;

/** One version: its card and what was measured of it. */
export default function VersionPage() {
  const { t } = useWords();
  const { name = '', digest = '' } = useParams();
  const models = useModels();
  return (
    <Reading query={models}>
      {(versions) => {
        const version = versions.find((one) => one.name === name && one.digest === digest);
        return version ? (
          <Version key={digest} version={version} />
        ) : (
          <PageBody name={name} title={name}>
            <EmptyState titleText={t('models.unknown')} icon={CubeIcon} headingLevel="h2">
              <EmptyStateBody>
                <Link to="/models">{t('models.title')}</Link>
              </EmptyStateBody>
            </EmptyState>
          </PageBody>
        );
      }}
    </Reading>
  );
}

function Version({ version }: { version: ModelVersion }) {
  const { t } = useWords();
  const { bytes } = useFormat();
  const navigate = useNavigate();
  const { tab = 'card' } = useParams();
  const notes = useVersionNotes(version).data;
  const [installing, setInstalling] = useState(false);
  const shown = tabs.find((name) => name === tab) ?? 'card';
  const { task, description } = cardOf(version);
  const title = `${version.name} ${version.version}`;
  const content: Record<(typeof tabs)[number], ReactNode> = {
    card: <CardTab version={version} />,
    training: <ReportTab version={version} kind="training" />,
    evaluation: <ReportTab version={version} kind="evaluation" />,
    compression: <ReportTab version={version} kind="compression" />,
  };
  return (
    <PageBody
      name={title}
      breadcrumb={
        <Breadcrumb>
          <BreadcrumbItem render={({ className }) => <Link className={className} to="/models">{t('models.title')}</Link>} />
          <BreadcrumbItem render={({ className }) => <Link className={className} to={modelPath(version.name)}>{version.name}</Link>} />
          <BreadcrumbItem isActive>{title}</BreadcrumbItem>
        </Breadcrumb>
      }
      title={title}
      summary={
        <>
          <Flex gap={{ default: 'gapSm' }} alignItems={{ default: 'alignItemsCenter' }}>
            <Label isCompact variant="outline">
              {task}
            </Label>
            <Digest of={version.digest} />
            <span>{bytes(version.size)}</span>
            <span>
              <Ago at={version.registeredAt} /> · {version.registeredBy}
            </span>
          </Flex>
          {notes && <AliasLabels of={notes.aliases} />}
          <p>{description}</p>
          {notes?.description && <p>{notes.description}</p>}
          {notes && <Tags of={notes.tags} />}
        </>
      }
      actions={
        <Flex gap={{ default: 'gapSm' }}>
          <Button variant="link" component="a" href={bomUrl(version)} download={`${version.name}-${version.version}.cdx.json`}>
            {t('models.bom')}
          </Button>
          <Button variant="secondary" onClick={() => setInstalling(true)} aria-label={t('models.installOn', { name: version.name, version: version.version })}>
            {t('models.install')}
          </Button>
        </Flex>
      }
    >
      <Tabs activeKey={shown} onSelect={(_, key) => navigate(`${pathOf(version)}/${key}`)} aria-label={title} role="region">
        {tabs.map((name) => (
          <Tab key={name} eventKey={name} title={<TabTitleText>{t(`report.tab.${name}`)}</TabTitleText>}>
            {name === shown && <div className="karu-tab">{content[name]}</div>}
          </Tab>
        ))}
      </Tabs>
      {installing && <InstallDialog version={version} close={() => setInstalling(false)} />}
    </PageBody>
  );
}
