import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { keys, merge } from './queries';

/** Keeps the lists live for as long as the calling component is shown; tells whether the stream is open. */
export function useLiveUpdates(): boolean {
  const client = useQueryClient();
  const [open, setOpen] = useState(true);
  useEffect(() => {
    let interrupted = false;
    const source = new EventSource('/api/v1/events');
    source.onopen = () => {
      setOpen(true);
      if (interrupted) void client.invalidateQueries();
      interrupted = false;
    };
    source.onerror = () => {
      interrupted = true;
      setOpen(false);
      if (source.readyState === EventSource.CLOSED) void client.invalidateQueries({ queryKey: ['session'] });
    };
    const on = <T>(name: string, apply: (data: T) => void) =>
      source.addEventListener(name, (event) => apply(JSON.parse((event as MessageEvent<string>).data)));
    on('gateway', (data: Parameters<typeof merge.gateway>[1]) => merge.gateway(client, data));
    on('gateway-removed', (data: { clientId: string }) => merge.gatewayRemoved(client, data));
    on('blob', (data: { digest: string }) => merge.blob(client, data));
    on('model', () => {
      void client.invalidateQueries({ queryKey: keys.models });
      void client.invalidateQueries({ queryKey: keys.registry });
    });
    on('model-changed', ({ name }: { name: string }) => {
      void client.invalidateQueries({ queryKey: keys.models });
      void client.invalidateQueries({ queryKey: keys.registry, exact: true });
      void client.invalidateQueries({ queryKey: keys.registered(name) });
    });
    on('deployment', (data: Parameters<typeof merge.deployment>[1]) => merge.deployment(client, data));
    on('rollout', (data: Parameters<typeof merge.rollout>[1]) => merge.rollout(client, data));
    on('verdict', (data: Parameters<typeof merge.verdict>[1]) => merge.verdict(client, data));
    on('overrule', (data: Parameters<typeof merge.overrule>[1]) => merge.overrule(client, data));
    on('identity', () => void client.invalidateQueries({ queryKey: keys.identities }));
    on('audit', () => void client.invalidateQueries({ queryKey: keys.audit }));
    return () => source.close();
  }, [client]);
  return open;
}
