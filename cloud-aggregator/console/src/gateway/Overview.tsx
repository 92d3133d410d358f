import { Button, Card, CardBody, CardHeader, CardTitle, Gallery, Label, LabelGroup, List, ListItem } from '@patternfly/react-core';
import { CheckCircleIcon, ExclamationCircleIcon, ExclamationTriangleIcon } from '@patternfly/react-icons';
import { useState } from 'react';
import { Link } from 'react-router';
import type { GatewayDetail } from '../api/client';
import { Facts } from '../elements/Facts';
import { Ago, Digest } from '../elements/Quantity';
import { useWords } from '../i18n';
import { DesiredDialog } from './DesiredDialog';

/** Health, differences, desired state and what the gateway is. */
export function Overview({ detail }: { detail: GatewayDetail }) {
  const { t } = useWords();
  const [editing, setEditing] = useState(false);
  const { gateway, health, desired } = detail;
  const { versions } = gateway;
  const nothingDesired = desired.packages.length + desired.models.length + desired.configurations.length === 0;
  return (
    <>
      <Gallery hasGutter minWidths={{ default: '26rem' }}>
        <Card isCompact>
          <CardTitle component="h2">{t('gateway.health')}</CardTitle>
          <CardBody>
            {health.length === 0 ? (
              <span className="karu-quiet">{t('gateway.noHealth')}</span>
            ) : (
              <>
                <List isPlain>
                  {health.map((check) => (
                    <ListItem
                      key={check.name}
                      icon={check.ok ? <CheckCircleIcon className="karu-good" /> : <ExclamationCircleIcon className="karu-wrong" />}
                    >
                      <strong>{check.name}</strong>
                      <div className="karu-quiet">{check.reason}</div>
                    </ListItem>
                  ))}
                </List>
                <p className="karu-quiet karu-read-at">
                  {t('gateway.readAt')} <Ago at={detail.healthAt} />
                </p>
              </>
            )}
          </CardBody>
        </Card>
        <Card isCompact>
          <CardTitle component="h2">{t('gateway.drift')}</CardTitle>
          <CardBody>
            {gateway.drift.length === 0 ? (
              <span className="karu-quiet">{nothingDesired ? t('gateway.noDesired') : t('gateway.noDrift')}</span>
            ) : (
              <List isPlain>
                {gateway.drift.map((difference) => (
                  <ListItem key={difference.kind + difference.subject} icon={<ExclamationTriangleIcon className="karu-warning" />}>
                    <strong>{difference.subject}</strong>
                    <div>{t('gateway.wantedFound', { wanted: difference.wanted, found: difference.found })}</div>
                    <div className="karu-quiet">
                      {difference.cause}
                      {difference.deployment && (
                        <>
                          {' '}
                          <Link to={`/deployments?job=${difference.deployment}`}>{t('deployments.job', { id: difference.deployment })}</Link>
                        </>
                      )}
                    </div>
                  </ListItem>
                ))}
              </List>
            )}
          </CardBody>
        </Card>
        <Card isCompact>
          <CardHeader
            actions={{
              hasNoOffset: true,
              actions: (
                <Button variant="link" isInline onClick={() => setEditing(true)} aria-label={t('desired.title', { id: gateway.clientId })}>
                  {t('desired.edit')}
                </Button>
              ),
            }}
          >
            <CardTitle component="h2">{t('gateway.desired')}</CardTitle>
          </CardHeader>
          <CardBody>
            {nothingDesired ? (
              <span className="karu-quiet">{t('gateway.noDesired')}</span>
            ) : (
              <Facts
                of={[
                  ...desired.packages.map((one) => [one.name, one.version] as const),
                  ...desired.models.map((one) => [`${one.name}@${one.alias}`, <Digest key={one.alias} of={one.digest} />] as const),
                  ...desired.configurations.map((one) => [one.pid, Object.keys(one.properties).join(', ')] as const),
                ]}
              />
            )}
          </CardBody>
        </Card>
        <Card isCompact>
          <CardTitle component="h2">{t('gateway.facts')}</CardTitle>
          <CardBody>
            <Facts
              of={[
                [t('register.account'), gateway.account],
                [t('register.site'), gateway.site],
                [t('fleet.col.lastSeen'), <Ago key="seen" at={gateway.lastSeen} />],
                [t('version.kura'), versions.kura],
                [t('version.java'), versions.java],
                [t('version.os'), versions.os],
                [t('version.architecture'), versions.architecture],
                [t('version.osgi'), versions.osgi],
                [
                  t('gateway.applications'),
                  gateway.applications.length > 0 && (
                    <LabelGroup numLabels={20}>
                      {gateway.applications.map((id) => (
                        <Label key={id} isCompact variant="outline">
                          {id}
                        </Label>
                      ))}
                    </LabelGroup>
                  ),
                ],
              ]}
            />
          </CardBody>
        </Card>
      </Gallery>
      {editing && <DesiredDialog detail={detail} close={() => setEditing(false)} />}
    </>
  );
}
