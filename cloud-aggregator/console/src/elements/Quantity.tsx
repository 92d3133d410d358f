import { Timestamp, TimestampTooltipVariant } from '@patternfly/react-core';
import { useEffect, useState } from 'react';
import { useWords, type Language } from '../i18n';

const locale = (language: Language) => (language === 'zh' ? 'zh-CN' : 'en-GB');

export function useFormat() {
  const { language } = useWords();
  const number = (value: number, digits = 0) =>
    new Intl.NumberFormat(locale(language), { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);
  return {
    number,
    percent: (fraction: number, digits = 0) => new Intl.NumberFormat(locale(language), { style: 'percent', maximumFractionDigits: digits }).format(fraction),
    milliseconds: (value: number) => `${number(value, value < 10 ? 1 : 0)} ms`,
    latency: (value: number) => `${number(value, value < 1 ? 3 : value < 10 ? 2 : 1)} ms`,
    bytes: (value: number) => {
      const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
      let amount = value;
      let unit = 0;
      while (amount >= 1024 && unit < units.length - 1) {
        amount /= 1024;
        unit++;
      }
      return `${number(amount, unit === 0 || amount >= 100 ? 0 : 1)} ${units[unit]}`;
    },
    /** Of its English name in capitals. */
    weekday: (day: string) => {
      const monday = Date.UTC(2024, 0, 1);
      const offset = ['MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY', 'SUNDAY'].indexOf(day);
      return new Intl.DateTimeFormat(locale(language), { weekday: 'short', timeZone: 'UTC' }).format(monday + offset * 86_400_000);
    },
    time: (iso: string) =>
      new Intl.DateTimeFormat(locale(language), { dateStyle: 'medium', timeStyle: 'medium' }).format(new Date(iso)),
  };
}

function relative(iso: string, language: Language): string {
  const format = new Intl.RelativeTimeFormat(locale(language), { numeric: 'auto', style: 'short' });
  const seconds = Math.round((new Date(iso).getTime() - Date.now()) / 1000);
  if (Math.abs(seconds) < 60) return format.format(Math.min(0, seconds), 'second');
  if (Math.abs(seconds) < 3600) return format.format(Math.round(seconds / 60), 'minute');
  if (Math.abs(seconds) < 86400) return format.format(Math.round(seconds / 3600), 'hour');
  return format.format(Math.round(seconds / 86400), 'day');
}

/** How long ago; the exact time is its tooltip. */
export function Ago({ at }: { at?: string }) {
  const { t, language } = useWords();
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((n) => n + 1), 10_000);
    return () => clearInterval(timer);
  }, []);
  if (!at) return <>{t('state.never')}</>;
  return (
    <Timestamp date={new Date(at)} locale={locale(language)} tooltip={{ variant: TimestampTooltipVariant.default }}>
      {relative(at, language)}
    </Timestamp>
  );
}

/** A digest short enough to read, whole in its title. */
export function Digest({ of }: { of: string }) {
  return (
    <code className="karu-digest" title={of}>
      {shortDigest(of)}
    </code>
  );
}

export const shortDigest = (digest: string) => digest.replace(/^sha256:/, '').slice(0, 12);
