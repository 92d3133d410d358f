import { Label } from '@patternfly/react-core';
import { CheckCircleIcon, EyeIcon, TimesCircleIcon } from '@patternfly/react-icons';
import type { ReactElement } from 'react';
import type { Schemas } from '../api/client';
import { useWords } from '../i18n';

type Decision = Schemas['Decision'];

const looks: Record<Decision, { status: 'success' | 'danger' | 'warning'; icon: ReactElement }> = {
  ACCEPT: { status: 'success', icon: <CheckCircleIcon /> },
  REJECT: { status: 'danger', icon: <TimesCircleIcon /> },
  REVIEW: { status: 'warning', icon: <EyeIcon /> },
};

export function DecisionLabel({ decision, compact = true }: { decision: Decision; compact?: boolean }) {
  const { t } = useWords();
  return (
    <Label isCompact={compact} status={looks[decision].status} icon={looks[decision].icon}>
      {t(`decision.${decision}`)}
    </Label>
  );
}
