import { Card, CardBody, CardHeader, CardTitle, EmptyState, EmptyStateBody, FormSelect, FormSelectOption } from '@patternfly/react-core';
import { ChartLineIcon } from '@patternfly/react-icons';
import { useState, type ReactNode } from 'react';
import type { ModelVersion, Schemas } from '../api/client';
import { useReport, useReports } from '../api/queries';
import { Facts } from '../elements/Facts';
import { shortDigest, useFormat } from '../elements/Quantity';
import { Reading } from '../elements/Reading';
import { useWords } from '../i18n';
import { Compression } from './Compression';
import type { Report } from './compression';
import { ConfusionTable } from './ConfusionTable';
import { Curves } from './Curves';
import { Metrics } from './Metrics';
import { Samples } from './Samples';

/** The newest report of a kind, or an earlier one. */
export function ReportTab({ version, kind }: { version: ModelVersion; kind: Schemas['ReportKind'] }) {
  const { t } = useWords();
  const reports = useReports(version);
  return (
    <Reading query={reports}>
      {(all) => {
        const ofKind = all.filter((entry) => entry.kind === kind);
        return ofKind.length === 0 ? (
          <EmptyState titleText={t(`report.none.${kind}`)} icon={ChartLineIcon} headingLevel="h2">
            <EmptyStateBody>
              {t('report.noneHint')}
              <pre className="karu-command">{`./karu model report upload ${version.name} ${shortDigest(version.digest)} FOLDER`}</pre>
            </EmptyStateBody>
          </EmptyState>
        ) : (
          <Chosen version={version} kind={kind} entries={ofKind} />
        );
      }}
    </Reading>
  );
}

function Chosen({ version, kind, entries }: { version: ModelVersion; kind: Schemas['ReportKind']; entries: Schemas['ReportEntry'][] }) {
  const { t } = useWords();
  const { time } = useFormat();
  const [chosen, setChosen] = useState(entries[0]!.digest);
  const report = useReport(version, kind, chosen);
  return (
    <>
      {entries.length > 1 && (
        <div className="karu-controls karu-selects">
          <FormSelect value={chosen} onChange={(_, value) => setChosen(value)} aria-label={t('report.which')}>
            {entries.map((entry) => (
              <FormSelectOption key={entry.digest} value={entry.digest} label={time(entry.createdAt)} />
            ))}
          </FormSelect>
        </div>
      )}
      <Reading query={report}>{(content) => <Content report={content} />}</Reading>
    </>
  );
}

function Content({ report }: { report: Report }) {
  const { t } = useWords();
  return (
    <>
      {report.notes?.map((note) => (
        <p key={note} className="karu-note">
          {note}
        </p>
      ))}
      {report.kind === 'compression' && <Compression report={report} />}
      {report.metrics && report.metrics.length > 0 && (
        <Part title={t('report.metrics')}>
          <Metrics metrics={report.metrics} />
        </Part>
      )}
      {report.curves && report.curves.length > 0 && (
        <section className="karu-part" aria-label={t('report.curves')}>
          <Curves curves={report.curves} />
        </section>
      )}
      {report.confusion && (
        <Part title={t('report.confusion')}>
          <ConfusionTable confusion={report.confusion} />
        </Part>
      )}
      {report.samples && report.samples.length > 0 && (
        <Part title={t('report.samples')}>
          <Samples samples={report.samples} />
        </Part>
      )}
      <Part title={t('report.circumstances')}>
        <Circumstances report={report} />
      </Part>
    </>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Card isCompact className="karu-part">
      <CardHeader>
        <CardTitle component="h2">{title}</CardTitle>
      </CardHeader>
      <CardBody>{children}</CardBody>
    </Card>
  );
}

/** With what, on what and for how long. */
function Circumstances({ report }: { report: Report }) {
  const { t } = useWords();
  const { time, number, bytes } = useFormat();
  const { machine, data } = report;
  const hardware = machine && [machine.processor, machine.cores && t('report.cores', { n: machine.cores }), machine.memoryBytes && bytes(machine.memoryBytes), machine.load !== undefined && t('report.load', { n: number(machine.load, 1) })];
  return (
    <Facts
      of={[
        [t('report.createdAt'), time(report.createdAt)],
        [t('report.command'), report.command && <code>{report.command}</code>],
        [t('report.seed'), report.seed !== undefined && String(report.seed)],
        [t('report.took'), report.seconds !== undefined && t('report.seconds', { n: number(report.seconds, report.seconds < 100 ? 1 : 0) })],
        [t('report.machine'), hardware && hardware.filter(Boolean).join(' · ')],
        [t('report.cpuFlags'), machine?.cpuFlags?.join(' ')],
        ...(data ?? []).map(
          (use, index) =>
            [
              index === 0 ? t('report.data') : `${t('report.data')} ${index + 1}`,
              [use.name, use.split, use.part, use.items !== undefined && t('report.items', { n: number(use.items) }), use.digest && shortDigest(use.digest)]
                .filter(Boolean)
                .join(' · '),
            ] as const,
        ),
      ]}
    />
  );
}
