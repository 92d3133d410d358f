import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient, type QueryClient } from '@tanstack/react-query';
import { api, body, type Deployment, type Gateway, type ModelVersion, type Overrule, type Rollout, type Schemas, type Verdict } from './client';

export const keys = {
  session: ['session'] as const,
  about: ['about'] as const,
  gateways: ['gateways'] as const,
  gateway: (id: string) => ['gateway', id] as const,
  configurations: (id: string) => ['gateway', id, 'configurations'] as const,
  factories: (id: string) => ['gateway', id, 'factories'] as const,
  packages: ['packages'] as const,
  deployments: ['deployments'] as const,
  deployment: (id: number) => ['deployment', id] as const,
  rollouts: ['rollouts'] as const,
  rollout: (id: number) => ['rollout', id] as const,
  rolloutGateways: (id: number) => ['rollout', id, 'gateways'] as const,
  rolloutPreview: (plan?: Schemas['RolloutPlan']) => ['rollout-preview', plan] as const,
  models: ['models'] as const,
  registry: ['registry'] as const,
  registered: (name: string) => ['registry', name] as const,
  reports: (digest: string) => ['reports', digest] as const,
  verdicts: ['verdicts'] as const,
  identities: ['identities'] as const,
  audit: ['audit'] as const,
};

export const useSession = () =>
  useQuery({ queryKey: keys.session, queryFn: () => body(api.GET('/api/v1/session')), retry: false, staleTime: Infinity });

export const useGateways = () =>
  useQuery({ queryKey: keys.gateways, queryFn: async () => (await body(api.GET('/api/v1/gateways'))).gateways });

export const useGateway = (clientId: string) =>
  useQuery({
    queryKey: keys.gateway(clientId),
    queryFn: () => body(api.GET('/api/v1/gateways/{clientId}', { params: { path: { clientId } } })),
  });

export const useConfigurations = (clientId: string, enabled: boolean) =>
  useQuery({
    queryKey: keys.configurations(clientId),
    enabled,
    queryFn: async () =>
      (await body(api.GET('/api/v1/gateways/{clientId}/configurations', { params: { path: { clientId } } }))).configurations,
  });

export const useFactories = (clientId: string, enabled: boolean) =>
  useQuery({
    queryKey: keys.factories(clientId),
    enabled,
    queryFn: async () =>
      (await body(api.GET('/api/v1/gateways/{clientId}/factories', { params: { path: { clientId } } }))).factories,
  });

export const usePackages = () =>
  useQuery({ queryKey: keys.packages, queryFn: async () => (await body(api.GET('/api/v1/packages'))).packages });

export const useDeployments = () =>
  useQuery({ queryKey: keys.deployments, queryFn: async () => (await body(api.GET('/api/v1/deployments'))).deployments });

export const useDeployment = (id: number) =>
  useQuery({
    queryKey: keys.deployment(id),
    queryFn: () => body(api.GET('/api/v1/deployments/{id}', { params: { path: { id } } })),
  });

export const useIdentities = () =>
  useQuery({ queryKey: keys.identities, queryFn: async () => (await body(api.GET('/api/v1/identities'))).identities });

const AUDIT_PAGE = 100;

/** The newest lines first, page by page. */
export const useAudit = (text: string) =>
  useInfiniteQuery({
    queryKey: [...keys.audit, text],
    initialPageParam: undefined as number | undefined,
    queryFn: async ({ pageParam }) =>
      (
        await body(
          api.GET('/api/v1/audit', { params: { query: { text: text || undefined, before: pageParam, limit: AUDIT_PAGE } } }),
        )
      ).entries,
    getNextPageParam: (page) => (page.length < AUDIT_PAGE ? undefined : page.at(-1)?.sequence),
  });

export const useRollouts = () =>
  useQuery({ queryKey: keys.rollouts, queryFn: async () => (await body(api.GET('/api/v1/rollouts'))).rollouts });

export const useRollout = (id: number) =>
  useQuery({ queryKey: keys.rollout(id), queryFn: () => body(api.GET('/api/v1/rollouts/{id}', { params: { path: { id } } })) });

export const useRolloutGateways = (id: number) =>
  useQuery({
    queryKey: keys.rolloutGateways(id),
    queryFn: async () => (await body(api.GET('/api/v1/rollouts/{id}/gateways', { params: { path: { id } } }))).gateways,
  });

/** Which gateways a plan would change; what an earlier plan would stays until that is known. */
export const useRolloutPreview = (plan?: Schemas['RolloutPlan']) =>
  useQuery({
    queryKey: keys.rolloutPreview(plan),
    enabled: plan !== undefined,
    retry: false,
    placeholderData: keepPreviousData,
    queryFn: () => body(api.POST('/api/v1/rollouts/preview', { body: plan! })),
  });

export const useModels = () =>
  useQuery({ queryKey: keys.models, queryFn: async () => (await body(api.GET('/api/v1/models'))).versions });

export const useRegistry = () =>
  useQuery({ queryKey: keys.registry, queryFn: async () => (await body(api.GET('/api/v1/registry'))).models });

export const useRegisteredModel = (name: string) =>
  useQuery({ queryKey: keys.registered(name), queryFn: () => body(api.GET('/api/v1/registry/{name}', { params: { path: { name } } })) });

export const useVersionNotes = ({ name, digest }: ModelVersion) =>
  useQuery({
    queryKey: [...keys.registered(name), digest],
    queryFn: () => body(api.GET('/api/v1/registry/{name}/versions/{digest}', { params: { path: { name, digest } } })),
  });

export const useLineage = (name: string) =>
  useQuery({ queryKey: [...keys.registered(name), 'lineage'], queryFn: () => body(api.GET('/api/v1/registry/{name}/lineage', { params: { path: { name } } })) });

export const useComparison = (name: string, digests: readonly string[]) =>
  useQuery({
    queryKey: [...keys.registered(name), 'comparison', ...digests],
    enabled: digests.length > 1,
    queryFn: () => body(api.GET('/api/v1/registry/{name}/comparison', { params: { path: { name }, query: { versions: digests.join(',') } } })),
  });

export const useReports = ({ name, digest }: ModelVersion) =>
  useQuery({
    queryKey: keys.reports(digest),
    queryFn: async () => (await body(api.GET('/api/v1/models/{name}/versions/{digest}/reports', { params: { path: { name, digest } } }))).reports,
  });

/** A report never changes under its digest. */
export const useReport = ({ name, digest }: ModelVersion, kind: Schemas['ReportKind'], report: string) =>
  useQuery({
    queryKey: [...keys.reports(digest), kind, report],
    staleTime: Infinity,
    queryFn: () =>
      body(api.GET('/api/v1/models/{name}/versions/{digest}/reports/{kind}', { params: { path: { name, digest, kind }, query: { report } } })),
  });

export interface VerdictFilter {
  gateway?: string;
  station?: string;
  decision?: Schemas['Decision'];
}

export const useVerdicts = (filter: VerdictFilter) =>
  useQuery({
    queryKey: [...keys.verdicts, filter],
    queryFn: async () => (await body(api.GET('/api/v1/verdicts', { params: { query: { ...filter, limit: 100 } } }))).verdicts,
  });

/** A change that makes what was read before stale. */
export function useChange<A, R>(change: (argument: A) => Promise<R>, stale: (argument: A) => readonly (readonly unknown[])[]) {
  const client = useQueryClient();
  return useMutation<R, Error, A>({
    mutationFn: change,
    onSuccess: (_, argument) => {
      for (const queryKey of stale(argument)) void client.invalidateQueries({ queryKey });
    },
  });
}

/** Puts a live update where the lists would have read it. */
export const merge = {
  gateway(client: QueryClient, gateway: Gateway) {
    client.setQueryData<Gateway[]>(keys.gateways, (now) => {
      if (!now) return now;
      const others = now.filter((other) => other.clientId !== gateway.clientId);
      return [...others, gateway].sort((a, b) => a.clientId.localeCompare(b.clientId));
    });
    void client.invalidateQueries({ queryKey: keys.gateway(gateway.clientId), exact: true });
  },
  deployment(client: QueryClient, deployment: Deployment) {
    client.setQueryData<Deployment[]>(keys.deployments, (now) => {
      if (!now) return now;
      const others = now.filter((other) => other.id !== deployment.id);
      return [deployment, ...others].sort((a, b) => b.id - a.id);
    });
    void client.invalidateQueries({ queryKey: keys.deployment(deployment.id) });
  },
  rollout(client: QueryClient, rollout: Rollout) {
    client.setQueryData<Rollout[]>(keys.rollouts, (now) => {
      if (!now) return now;
      const others = now.filter((other) => other.id !== rollout.id);
      return [rollout, ...others].sort((a, b) => b.id - a.id);
    });
    void client.invalidateQueries({ queryKey: keys.rollout(rollout.id) });
  },
  verdict(client: QueryClient, verdict: Verdict) {
    for (const [queryKey, now] of client.getQueriesData<Verdict[]>({ queryKey: keys.verdicts })) {
      if (!now) continue;
      const filter = (queryKey[1] ?? {}) as VerdictFilter;
      const known = now.some((other) => other.id === verdict.id);
      if (!known && !matches(filter, verdict)) continue;
      const next = known ? now.map((other) => (other.id === verdict.id ? verdict : other)) : [verdict, ...now];
      client.setQueryData(queryKey, next.sort((a, b) => b.id - a.id).slice(0, 500));
    }
  },
  gatewayRemoved(client: QueryClient, { clientId }: { clientId: string }) {
    client.setQueryData<Gateway[]>(keys.gateways, (now) => now?.filter((gateway) => gateway.clientId !== clientId));
  },
  blob(client: QueryClient, { digest }: { digest: string }) {
    for (const [queryKey, now] of client.getQueriesData<Verdict[]>({ queryKey: keys.verdicts }))
      client.setQueryData(
        queryKey,
        now?.map((verdict) =>
          verdict.image === digest || verdict.heatMap === digest
            ? { ...verdict, imageHere: verdict.imageHere || verdict.image === digest, heatMapHere: verdict.heatMapHere || verdict.heatMap === digest }
            : verdict,
        ),
      );
  },
  overrule(client: QueryClient, overrule: Overrule) {
    for (const [queryKey, now] of client.getQueriesData<Verdict[]>({ queryKey: keys.verdicts }))
      client.setQueryData(
        queryKey,
        now?.map((verdict) =>
          verdict.gateway === overrule.gateway && verdict.station === overrule.station && verdict.frame === overrule.frame
            ? { ...verdict, overrule }
            : verdict,
        ),
      );
  },
};

const matches = (filter: VerdictFilter, verdict: Verdict) =>
  (!filter.gateway || filter.gateway === verdict.gateway) &&
  (!filter.station || filter.station === verdict.station) &&
  (!filter.decision || filter.decision === verdict.decision);
