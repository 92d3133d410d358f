import { Card, CardBody, CardHeader, CardTitle } from '@patternfly/react-core';
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table';
import { Link } from 'react-router';
import type { ModelVersion } from '../api/client';
import { Facts } from '../elements/Facts';
import { Digest, useFormat } from '../elements/Quantity';
import { useWords } from '../i18n';
import { Metrics } from '../reports/Metrics';
import { cardOf, pathOf, type ModelCard } from './card';

const pairs = (of: Record<string, unknown> = {}) =>
  Object.entries(of)
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${name} ${value}`)
    .join(' · ');
const tensors = (of: ModelCard['inputs']) => of.map(({ name, type, shape }) => `${name} ${type} [${shape.map((n) => (n < 0 ? '?' : n)).join(', ')}]`).join(' · ');

/** What a version says of itself: what it takes and gives, how good it is, where it comes from. */
export function CardTab({ version }: { version: ModelVersion }) {
  const { t } = useWords();
  const card = cardOf(version);
  return (
    <>
      <Card isCompact>
        <CardBody>
          <Facts
            of={[
              [t('models.col.digest'), <code className="karu-cause">{version.digest}</code>],
              [t('deployments.package'), `${version.package.name} ${version.package.version}`],
              [t('models.labels'), card.labels.join(', ')],
              [t('models.parameters'), pairs(card.parameters)],
              [t('models.preprocessing'), pairs(card.preprocessing)],
              [t('models.inputs'), tensors(card.inputs)],
              [t('models.outputs'), tensors(card.outputs)],
            ]}
          />
        </CardBody>
      </Card>
      {card.metrics.length > 0 && (
        <Card isCompact className="karu-part">
          <CardHeader>
            <CardTitle component="h2">{t('report.metrics')}</CardTitle>
          </CardHeader>
          <CardBody>
            <Metrics metrics={card.metrics} />
          </CardBody>
        </Card>
      )}
      {Object.keys(card.lineage).length > 0 && <Lineage version={version} lineage={card.lineage} />}
    </>
  );
}

function Lineage({ version, lineage }: { version: ModelVersion; lineage: ModelCard['lineage'] }) {
  const { t } = useWords();
  const { number } = useFormat();
  const { data = [], machine, parent, steps = [] } = lineage;
  return (
    <Card isCompact className="karu-part">
      <CardHeader>
        <CardTitle component="h2">{t('models.lineage')}</CardTitle>
      </CardHeader>
      <CardBody>
        <Facts
          of={[
            [t('models.parent'), parent && <Link to={pathOf({ name: version.name, digest: parent })}><Digest of={parent} /></Link>],
            [
              t('models.steps'),
              steps.length > 0 && (
                <ol className="karu-steps">
                  {steps.map((step, index) => (
                    <li key={index}>
                      {step.name} <span className="karu-quiet">{pairs(step.facts)}</span>
                    </li>
                  ))}
                </ol>
              ),
            ],
            [t('report.seed'), lineage.seed !== undefined && String(lineage.seed)],
            [t('models.configuration'), pairs(lineage.configuration)],
            [t('models.versions'), pairs(lineage.versions)],
            [t('report.machine'), machine && [machine.processor, machine.cores && t('report.cores', { n: machine.cores }), machine.cpuFlags?.join(' ')].filter(Boolean).join(' · ')],
          ]}
        />
        {data.length > 0 && (
          <Table aria-label={t('report.data')} variant="compact">
            <Thead>
              <Tr>
                <Th>{t('report.data')}</Th>
                <Th>{t('report.split')}</Th>
                <Th>{t('report.part')}</Th>
                <Th>{t('report.samplesCounted')}</Th>
                <Th>{t('models.col.digest')}</Th>
              </Tr>
            </Thead>
            <Tbody>
              {data.map((use, index) => (
                <Tr key={index}>
                  <Td dataLabel={t('report.data')}>{use.name}</Td>
                  <Td dataLabel={t('report.split')}>{use.split}</Td>
                  <Td dataLabel={t('report.part')}>{use.part}</Td>
                  <Td dataLabel={t('report.samplesCounted')}>{use.items !== undefined && number(use.items)}</Td>
                  <Td dataLabel={t('models.col.digest')}>{use.digest && <Digest of={use.digest} />}</Td>
                </Tr>
              ))}
            </Tbody>
          </Table>
        )}
      </CardBody>
    </Card>
  );
}
