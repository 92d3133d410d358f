import { Alert, AlertActionLink, Bullseye, Spinner } from '@patternfly/react-core';
import type { ReactNode } from 'react';
import { useWords } from '../i18n';

interface Query<T> {
  data: T | undefined;
  error: Error | null;
  refetch: () => unknown;
}

/** What a query has: a spinner, the problem with a way to try again, or its data. */
export function Reading<T>({ query, children }: { query: Query<T>; children: (data: T) => ReactNode }) {
  const { t } = useWords();
  if (query.data !== undefined) return <>{children(query.data)}</>;
  if (query.error) return <Failure error={query.error} retry={() => query.refetch()} />;
  return (
    <Bullseye className="karu-reading">
      <Spinner aria-label={t('state.loading')} />
    </Bullseye>
  );
}

/** An error with its own words. */
export function Failure({ error, retry, title }: { error: Error; retry?: () => void; title?: string }) {
  const { t } = useWords();
  return (
    <Alert
      isInline
      variant="danger"
      title={title ?? t('state.error')}
      actionLinks={retry && <AlertActionLink onClick={retry}>{t('action.retry')}</AlertActionLink>}
    >
      {error.message}
    </Alert>
  );
}
