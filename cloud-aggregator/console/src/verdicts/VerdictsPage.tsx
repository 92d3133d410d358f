import {
  Alert,
  Button,
  Card,
  CardBody,
  EmptyState,
  EmptyStateActions,
  EmptyStateBody,
  EmptyStateFooter,
  FormSelect,
  FormSelectOption,
  Label,
  Switch,
  Toolbar,
  ToolbarContent,
  ToolbarItem,
  Tooltip,
} from '@patternfly/react-core';
import { EyeIcon, SearchIcon } from '@patternfly/react-icons';
import { useMutation } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo, useRef, useState, type KeyboardEvent } from 'react';
import { useSearchParams } from 'react-router';
import { api, blobUrl, body, type Schemas, type Verdict } from '../api/client';
import { useGateways, useVerdicts, type VerdictFilter } from '../api/queries';
import { PageBody } from '../elements/PageBody';
import { Ago, Digest, useFormat } from '../elements/Quantity';
import { Failure, Reading } from '../elements/Reading';
import { useWords } from '../i18n';
import { DecisionChart } from './DecisionChart';
import { DecisionLabel } from './DecisionLabel';
import { FrameView } from './FrameView';

const decisions: Schemas['Decision'][] = ['ACCEPT', 'REJECT', 'REVIEW'];

export default function VerdictsPage() {
  const { t } = useWords();
  const [address, setAddress] = useSearchParams();
  const filter: VerdictFilter = {
    gateway: address.get('gateway') ?? undefined,
    station: address.get('station') ?? undefined,
    decision: (address.get('decision') as Schemas['Decision'] | null) ?? undefined,
  };
  const verdicts = useVerdicts(filter);
  const selected = Number(address.get('verdict')) || undefined;
  const [follow, setFollow] = useState(selected === undefined);

  const set = useCallback(
    (changes: Record<string, string | undefined>) =>
      setAddress(
        (now) => {
          const next = new URLSearchParams(now);
          for (const [name, value] of Object.entries(changes)) value ? next.set(name, value) : next.delete(name);
          return next;
        },
        { replace: true },
      ),
    [setAddress],
  );
  const select = (verdict: Verdict) => {
    setFollow(false);
    set({ verdict: String(verdict.id) });
  };

  return (
    <PageBody
      name={t('verdicts.title')}
      title={t('verdicts.title')}
      actions={
        <Tooltip content={t('verdicts.followHint')}>
          <Switch
            id="follow"
            label={t('verdicts.follow')}
            isChecked={follow}
            onChange={(_, on) => {
              setFollow(on);
              if (on) set({ verdict: undefined });
            }}
          />
        </Tooltip>
      }
    >
      <Filters filter={filter} verdicts={verdicts.data ?? []} set={set} />
      <Reading query={verdicts}>
        {(list) =>
          list.length === 0 ? (
            <Nothing filtered={Object.values(filter).some(Boolean)} clear={() => setAddress({})} />
          ) : (
            <Workbench
              list={list}
              shown={(follow ? undefined : list.find((verdict) => verdict.id === selected)) ?? list[0]!}
              select={select}
              filter={filter}
            />
          )
        }
      </Reading>
    </PageBody>
  );
}

function Nothing({ filtered, clear }: { filtered: boolean; clear: () => void }) {
  const { t } = useWords();
  return (
    <EmptyState titleText={filtered ? t('verdicts.none') : t('verdicts.empty')} icon={filtered ? SearchIcon : EyeIcon} headingLevel="h2">
      {!filtered && <EmptyStateBody>{t('verdicts.emptyHint')}</EmptyStateBody>}
      {filtered && (
        <EmptyStateFooter>
          <EmptyStateActions>
            <Button variant="link" onClick={clear}>
              {t('fleet.clear')}
            </Button>
          </EmptyStateActions>
        </EmptyStateFooter>
      )}
    </EmptyState>
  );
}

interface FiltersProps {
  filter: VerdictFilter;
  verdicts: Verdict[];
  set: (changes: Record<string, string | undefined>) => void;
}

function Filters({ filter, verdicts, set }: FiltersProps) {
  const { t } = useWords();
  const gateways = useGateways();
  const seen = useRef(new Set<string>());
  for (const verdict of verdicts) seen.current.add(verdict.station);
  if (filter.station) seen.current.add(filter.station);
  const choices = [
    { name: 'gateway', label: t('verdicts.filter.gateway'), values: (gateways.data ?? []).map(({ clientId }) => [clientId, clientId]) },
    { name: 'station', label: t('verdicts.filter.station'), values: [...seen.current].sort().map((name) => [name, name]) },
    { name: 'decision', label: t('verdicts.filter.decision'), values: decisions.map((name) => [name, t(`decision.${name}`)]) },
  ] as const;
  return (
    <Toolbar className="karu-filters">
      <ToolbarContent>
        {choices.map(({ name, label, values }) => (
          <ToolbarItem key={name}>
            <FormSelect
              aria-label={label}
              value={filter[name] ?? ''}
              onChange={(_, value) => set({ [name]: value || undefined, verdict: undefined })}
            >
              <FormSelectOption value="" label={`${label}: ${t('verdicts.filter.all')}`} />
              {values.map(([value, text]) => (
                <FormSelectOption key={value} value={value} label={text!} />
              ))}
            </FormSelect>
          </ToolbarItem>
        ))}
      </ToolbarContent>
    </Toolbar>
  );
}

interface WorkbenchProps {
  list: Verdict[];
  shown: Verdict;
  select: (verdict: Verdict) => void;
  filter: VerdictFilter;
}

function Workbench({ list, shown, select, filter }: WorkbenchProps) {
  const { t } = useWords();
  const items = useRef<HTMLDivElement>(null);
  const [older, setOlder] = useState<Verdict[]>([]);
  const readOlder = useMutation({
    mutationFn: async (before: number) =>
      (await body(api.GET('/api/v1/verdicts', { params: { query: { ...filter, before, limit: 100 } } }))).verdicts,
    onSuccess: (more) => setOlder((now) => [...now, ...more]),
  });
  const key = JSON.stringify(filter);
  useEffect(() => setOlder([]), [key]);
  const all = useMemo(() => {
    const last = list[list.length - 1]!.id;
    return [...list, ...older.filter((verdict) => verdict.id < last)];
  }, [list, older]);

  const move = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const from = Number((event.target as HTMLElement).dataset.verdict ?? shown.id);
    const next = all[all.findIndex((verdict) => verdict.id === from) + step];
    if (!next) return;
    select(next);
    items.current?.querySelector<HTMLElement>(`[data-verdict="${next.id}"]`)?.focus();
  };

  return (
    <>
      <DecisionChart verdicts={list} />
      <div className="karu-workbench">
        <div className="karu-verdicts" role="listbox" aria-label={t('verdicts.list')} ref={items} onKeyDown={move}>
          {all.map((verdict) => (
            <Row key={verdict.id} verdict={verdict} selected={verdict.id === shown.id} select={select} />
          ))}
          <Button variant="link" isBlock isLoading={readOlder.isPending} onClick={() => readOlder.mutate(all[all.length - 1]!.id)}>
            {t('verdicts.older')}
          </Button>
        </div>
        <Detail verdict={shown} />
      </div>
    </>
  );
}

function Row({ verdict, selected, select }: { verdict: Verdict; selected: boolean; select: (verdict: Verdict) => void }) {
  const { t } = useWords();
  const { number } = useFormat();
  return (
    <div
      role="option"
      aria-selected={selected}
      aria-label={t('verdicts.select', { decision: t(`decision.${verdict.decision}`), station: verdict.station, frame: verdict.frame })}
      tabIndex={selected ? 0 : -1}
      data-verdict={verdict.id}
      className={`karu-verdict karu-${verdict.decision.toLowerCase()}`}
      onClick={() => select(verdict)}
    >
      <div className="karu-thumbnail">{verdict.imageHere && <img src={blobUrl(verdict.image!)} alt="" loading="lazy" />}</div>
      <div className="karu-verdict-text">
        <div className="karu-verdict-line">
          <DecisionLabel decision={verdict.decision} />
          {verdict.overrule && (
            <Label isCompact variant="outline" color="purple">
              {t('verdicts.overruledShort')}
            </Label>
          )}
          <span className="karu-score">{number(verdict.score, 2)}</span>
        </div>
        <div className="karu-clip">{verdict.frame}</div>
        <div className="karu-quiet karu-clip">
          {verdict.gateway} · {verdict.station} · <Ago at={verdict.decidedAt} />
        </div>
      </div>
    </div>
  );
}

function Detail({ verdict }: { verdict: Verdict }) {
  const { t } = useWords();
  const { number, milliseconds, time } = useFormat();
  const [heat, setHeat] = useState(() => Number(localStorage.getItem('karu.heat') ?? 55));
  const [boxes, setBoxes] = useState(true);
  const keepHeat = (value: number) => {
    setHeat(value);
    localStorage.setItem('karu.heat', String(value));
  };
  const latency = new Date(verdict.decidedAt).getTime() - new Date(verdict.capturedAt).getTime();
  return (
    <Card className="karu-detail" isCompact>
      <CardBody>
        <div className="karu-detail-head">
          <DecisionLabel decision={verdict.decision} compact={false} />
          <div className="karu-detail-reason" aria-live="polite">
            {verdict.reason}
          </div>
        </div>
        {verdict.overrule && (
          <Alert
            isInline
            isPlain
            variant="custom"
            title={t('verdicts.overruled', { operator: verdict.overrule.operator, decision: t(`decision.${verdict.overrule.decision}`) })}
          >
            {time(verdict.overrule.at)}
            {verdict.overrule.note && ` · ${verdict.overrule.note}`}
          </Alert>
        )}
        <div className="karu-stage">
          {verdict.imageHere ? <FrameView verdict={verdict} heatOpacity={heat / 100} boxes={boxes} /> : <Absent key={verdict.id} verdict={verdict} />}
        </div>
        {verdict.imageHere && (
          <div className="karu-controls">
            <label htmlFor="heat">{t('verdicts.heatMap')}</label>
            <input
              id="heat"
              type="range"
              className="karu-slider"
              value={heat}
              min={0}
              max={100}
              disabled={!verdict.heatMapHere}
              onChange={(event) => keepHeat(event.target.valueAsNumber)}
            />
            <output>{verdict.heatMap ? `${heat} %` : t('verdicts.noHeatMap')}</output>
            <Switch id="boxes" label={t('verdicts.boxes')} isChecked={boxes} onChange={(_, on) => setBoxes(on)} />
          </div>
        )}
        <dl className="karu-facts">
          <Fact name={t('verdicts.score')}>{number(verdict.score, 3)}</Fact>
          <Fact name={t('verdicts.model')}>
            {verdict.modelName ?? t('state.unknown')} {verdict.model && <Digest of={verdict.model} />}
          </Fact>
          <Fact name={t('verdicts.frame')}>{verdict.frame}</Fact>
          <Fact name={t('verdicts.captured')}>{time(verdict.capturedAt)}</Fact>
          <Fact name={t('verdicts.latency')}>{milliseconds(latency)}</Fact>
          <Fact name={t('verdicts.timing')}>
            {Object.entries(verdict.timingMicros ?? {})
              .map(([step, micros]) => `${timingName(t, step)} ${milliseconds(micros / 1000)}`)
              .join(' · ')}
          </Fact>
          <Fact name={t('verdicts.findings')}>
            {verdict.findings.length === 0 ? (
              t('verdicts.noFindings')
            ) : (
              <ol className="karu-findings">
                {verdict.findings.map((finding, index) => (
                  <li key={index}>{t('verdicts.finding', { ...finding, score: number(finding.score, 2) })}</li>
                ))}
              </ol>
            )}
          </Fact>
        </dl>
      </CardBody>
    </Card>
  );
}

function timingName(t: ReturnType<typeof useWords>['t'], step: string) {
  switch (step) {
    case 'queued':
    case 'decode':
    case 'inference':
    case 'decision':
      return t(`verdicts.timing.${step}`);
    default:
      return step;
  }
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** The image was not kept, or is still on the gateway and can be asked for. */
function Absent({ verdict }: { verdict: Verdict }) {
  const { t } = useWords();
  const ask = useMutation({
    mutationFn: () => api.POST('/api/v1/verdicts/{id}/image', { params: { path: { id: verdict.id } } }),
  });
  if (!verdict.image) return <EmptyState titleText={t('verdicts.noImage')} headingLevel="h2" variant="sm" icon={EyeIcon} />;
  return (
    <EmptyState titleText={t('verdicts.away')} headingLevel="h2" variant="sm" icon={EyeIcon}>
      <EmptyStateBody>
        {ask.error && <Failure error={ask.error} title={t('verdicts.ask')} />}
        {ask.isSuccess && t('verdicts.asked')}
      </EmptyStateBody>
      {!ask.isSuccess && (
        <EmptyStateFooter>
          <EmptyStateActions>
            <Button variant="secondary" isLoading={ask.isPending} onClick={() => ask.mutate()}>
              {t('verdicts.ask')}
            </Button>
          </EmptyStateActions>
        </EmptyStateFooter>
      )}
    </EmptyState>
  );
}
