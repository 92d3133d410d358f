import { Button, Card, CardBody, CardFooter, CardHeader, CardTitle, EmptyState, EmptyStateBody, Flex, Gallery, Label } from '@patternfly/react-core';
import { EyeIcon } from '@patternfly/react-icons';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { api, body, type Gateway, type Schemas } from '../api/client';
import { keys } from '../api/queries';
import { useFormat } from '../elements/Quantity';
import { Reading } from '../elements/Reading';
import { useWords } from '../i18n';

/** What each station of the gateway does now; read again every five seconds. */
export function Stations({ gateway }: { gateway: Gateway }) {
  const { t } = useWords();
  const { clientId } = gateway;
  const stations = useQuery({
    queryKey: [...keys.gateway(clientId), 'stations'],
    refetchInterval: gateway.state === 'ONLINE' ? 5000 : false,
    queryFn: async () => (await body(api.GET('/api/v1/gateways/{clientId}/stations', { params: { path: { clientId } } }))).stations,
  });
  return (
    <Reading query={stations}>
      {(all) =>
        all.length === 0 ? (
          <EmptyState titleText={t('stations.none')} icon={EyeIcon} headingLevel="h2" variant="sm">
            <EmptyStateBody>{t('stations.noneHint')}</EmptyStateBody>
          </EmptyState>
        ) : (
          <Gallery hasGutter minWidths={{ default: '24rem' }}>
            {all.map((station) => (
              <StationCard key={station.station} clientId={clientId} station={station} />
            ))}
          </Gallery>
        )
      }
    </Reading>
  );
}

function StationCard({ clientId, station }: { clientId: string; station: Schemas['Station'] }) {
  const { t } = useWords();
  const { number } = useFormat();
  const inspecting = station.state === 'INSPECTING';
  const shares = [
    { name: t('stations.accepted'), count: station.accepted ?? 0, look: 'karu-accept' },
    { name: t('stations.review'), count: station.review ?? 0, look: 'karu-review' },
    { name: t('stations.rejected'), count: station.rejected ?? 0, look: 'karu-reject' },
  ];
  const total = shares.reduce((sum, { count }) => sum + count, 0);
  const to = `/verdicts?gateway=${encodeURIComponent(clientId)}&station=${encodeURIComponent(station.station)}`;
  return (
    <Card isCompact>
      <CardHeader
        actions={{
          actions: (
            <Label isCompact status={inspecting ? 'success' : 'warning'} icon={inspecting ? <span className="karu-pulse" /> : undefined}>
              {station.state}
            </Label>
          ),
        }}
      >
        <CardTitle component="h2">{station.station}</CardTitle>
      </CardHeader>
      <CardBody>
        <div>{station.reason}</div>
        <div className="karu-quiet">{station.model}</div>
        <div className="karu-shares" aria-hidden="true">
          {shares.map(({ name, count, look }) => (
            <span key={name} className={look} style={{ flexGrow: total === 0 ? 0 : count }} />
          ))}
        </div>
        <dl className="karu-counts">
          {[...shares, { name: t('stations.skipped'), count: station.skipped ?? 0, look: '' }].map(({ name, count, look }) => (
            <div key={name} className={look}>
              <dt>{name}</dt>
              <dd>{number(count)}</dd>
            </div>
          ))}
          <div>
            <dt>{t('stations.speed')}</dt>
            <dd>{t('stations.rate', { n: number(station.framesPerSecond ?? 0, 1) })}</dd>
          </div>
        </dl>
      </CardBody>
      <CardFooter>
        <Flex gap={{ default: 'gapMd' }}>
          <Button variant="link" isInline component={(props) => <Link {...props} to={to} />}>
            {t('stations.open', { station: station.station })}
          </Button>
          <Button
            variant="link"
            isInline
            component={(props) => (
              <Link {...props} to={`/fleet/${encodeURIComponent(clientId)}/configuration?pid=${encodeURIComponent(station.station)}`} />
            )}
          >
            {t('stations.configure', { station: station.station })}
          </Button>
        </Flex>
      </CardFooter>
    </Card>
  );
}
