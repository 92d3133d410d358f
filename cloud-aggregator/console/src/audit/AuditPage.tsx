import { Alert, Button, EmptyState, Label } from '@patternfly/react-core';
import { CheckCircleIcon, DownloadIcon, SearchIcon } from '@patternfly/react-icons';
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table';
import { useMutation } from '@tanstack/react-query';
import { useDeferredValue, useState } from 'react';
import { api, body, type Schemas } from '../api/client';
import { useAudit } from '../api/queries';
import { PageBody } from '../elements/PageBody';
import { Ago } from '../elements/Quantity';
import { Failure, Reading } from '../elements/Reading';
import { SearchField } from '../elements/SearchField';
import { useWords } from '../i18n';

type Entry = Schemas['AuditEntry'];

export default function AuditPage() {
  const { t } = useWords();
  const [filter, setFilter] = useState('');
  const text = useDeferredValue(filter);
  const entries = useAudit(text);
  const verify = useMutation({ mutationFn: () => body(api.GET('/api/v1/audit/verification')) });
  return (
    <PageBody
      name={t('audit.title')}
      title={t('audit.title')}
      summary={t('audit.summary')}
      actions={
        <>
          <Button variant="secondary" icon={<CheckCircleIcon />} onClick={() => verify.mutate()} isLoading={verify.isPending}>
            {t('audit.verify')}
          </Button>{' '}
          <Button variant="secondary" icon={<DownloadIcon />} component="a" href="/api/v1/audit/export">
            {t('audit.export')}
          </Button>
        </>
      }
    >
      {verify.error && <Failure error={verify.error} title={t('audit.verify')} />}
      {verify.data && (
        <Alert
          isInline
          variant={verify.data.intact ? 'success' : 'danger'}
          title={verify.data.intact ? t('audit.intact', { lines: verify.data.lines }) : t('audit.broken')}
        >
          {verify.data.intact ? verify.data.head : verify.data.reason}
        </Alert>
      )}
      <SearchField label={t('audit.filter')} value={filter} onChange={setFilter} />
      <Reading query={entries}>
        {(pages) => {
          const all = pages.pages.flat();
          return all.length === 0 ? (
            <EmptyState titleText={t('audit.none')} icon={SearchIcon} headingLevel="h2" variant="sm" />
          ) : (
            <>
              <AuditTable entries={all} />
              {entries.hasNextPage && (
                <Button variant="link" onClick={() => void entries.fetchNextPage()} isLoading={entries.isFetchingNextPage}>
                  {t('audit.more')}
                </Button>
              )}
            </>
          );
        }}
      </Reading>
    </PageBody>
  );
}

/** What began is shown with its end, and by itself only where that is missing. */
function AuditTable({ entries }: { entries: Entry[] }) {
  const { t } = useWords();
  const ended = new Set(entries.map(({ begun }) => begun));
  return (
    <Table aria-label={t('audit.title')} variant="compact">
      <Thead>
        <Tr>
          <Th>{t('audit.col.line')}</Th>
          <Th>{t('audit.col.at')}</Th>
          <Th>{t('audit.col.who')}</Th>
          <Th>{t('audit.col.what')}</Th>
          <Th>{t('audit.col.outcome')}</Th>
        </Tr>
      </Thead>
      <Tbody>
        {entries
          .filter((entry) => !ended.has(entry.sequence))
          .map((entry) => (
            <Tr key={entry.sequence}>
              <Td dataLabel={t('audit.col.line')}>{entry.sequence}</Td>
              <Td dataLabel={t('audit.col.at')} className="karu-nowrap">
                <Ago at={entry.at} />
              </Td>
              <Td dataLabel={t('audit.col.who')}>
                <div>{entry.actor}</div>
                <div className="karu-quiet">{[t(`role.${entry.role}`), entry.via, entry.address].filter(Boolean).join(' · ')}</div>
              </Td>
              <Td dataLabel={t('audit.col.what')}>
                <div>{entry.action}</div>
                <div className="karu-quiet">{entry.subject}</div>
              </Td>
              <Td dataLabel={t('audit.col.outcome')}>
                <Outcome outcome={entry.outcome} />
              </Td>
            </Tr>
          ))}
      </Tbody>
    </Table>
  );
}

function Outcome({ outcome }: { outcome: string }) {
  const { t } = useWords();
  if (outcome === 'BEGUN') return <Label isCompact status="warning">{t('audit.unended')}</Label>;
  const good = /^(2|3)\d\d$|^DONE/.test(outcome);
  return (
    <Label isCompact variant="outline" status={good ? 'success' : 'danger'}>
      {outcome}
    </Label>
  );
}
