import { Label, Tooltip } from '@patternfly/react-core';
import { ConnectedIcon, DisconnectedIcon, ExclamationTriangleIcon, PendingIcon } from '@patternfly/react-icons';
import type { ReactElement } from 'react';
import type { Gateway } from '../api/client';
import { useWords } from '../i18n';

const looks: Record<Gateway['state'], { status?: 'success' | 'danger' | 'info'; icon: ReactElement }> = {
  ONLINE: { status: 'success', icon: <ConnectedIcon /> },
  DISCONNECTED: { icon: <DisconnectedIcon /> },
  LOST: { status: 'danger', icon: <ExclamationTriangleIcon /> },
  UNKNOWN: { icon: <PendingIcon /> },
  REGISTERED: { status: 'info', icon: <PendingIcon /> },
};

/** Whether the gateway is there; why is the label's tooltip. */
export function StateLabel({ gateway }: { gateway: Gateway }) {
  const { t } = useWords();
  const { status, icon } = looks[gateway.state];
  return (
    <Tooltip content={gateway.reason}>
      <Label isCompact status={status} icon={icon} tabIndex={0}>
        {t(`presence.${gateway.state}`)}
      </Label>
    </Tooltip>
  );
}

/** What its own checks said. */
export function HealthLabel({ gateway }: { gateway: Gateway }) {
  const { t } = useWords();
  if (gateway.healthy === undefined) return <span className="karu-quiet">{t('fleet.notRead')}</span>;
  const word = gateway.healthy ? t('fleet.healthy') : t('fleet.unhealthy');
  if (gateway.state !== 'ONLINE') return <span className="karu-quiet">{t('fleet.lastHealth', { word })}</span>;
  return (
    <Label isCompact variant="outline" status={gateway.healthy ? 'success' : 'danger'}>
      {word}
    </Label>
  );
}
