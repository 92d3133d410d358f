import type { Attribute, Property } from '../api/client';
import type { Translate } from '../i18n';

/** What the form holds for an attribute: text as typed, or whether a box is ticked. */
export type Draft = string | boolean;

const whole: Partial<Record<Attribute['type'], readonly [bigint, bigint]>> = {
  BYTE: [-128n, 127n],
  SHORT: [-32768n, 32767n],
  INTEGER: [-2147483648n, 2147483647n],
  LONG: [-9223372036854775808n, 9223372036854775807n],
};

/** A list of values is typed one per line. */
export const isList = (attribute: Attribute) => attribute.cardinality !== 0;

export function draftOf(attribute: Attribute, property?: Property): Draft {
  const value = property?.value;
  if (attribute.type === 'PASSWORD') return '';
  if (attribute.type === 'BOOLEAN' && !isList(attribute)) return value === undefined || value === null ? attribute.default === 'true' : value === true || value === 'true';
  if (value === undefined || value === null) return '';
  return Array.isArray(value) ? value.map(String).join('\n') : String(value);
}

const lines = (draft: string) => draft.split('\n').filter((line) => line !== '');

/** What is wrong with a draft; undefined when nothing. Kura itself checks neither type nor bounds. */
export function complaint(attribute: Attribute, draft: Draft, t: Translate): string | undefined {
  if (typeof draft === 'boolean') return undefined;
  const values = isList(attribute) ? lines(draft) : draft === '' ? [] : [draft];
  if (values.length === 0) return attribute.required && attribute.type !== 'PASSWORD' ? t('conf.error.required') : undefined;
  const most = Math.abs(attribute.cardinality);
  if (isList(attribute) && values.length > most) return t('conf.error.tooMany', { n: most });
  return values.map((value) => complaintOf(attribute, value, t)).find(Boolean);
}

function complaintOf({ type, min, max, options = [] }: Attribute, value: string, t: Translate): string | undefined {
  if (options.length > 0 && !options.some((option) => option.value === value)) return t('conf.error.option');
  const range = whole[type];
  if (range) {
    if (!/^[+-]?\d+$/.test(value)) return t('conf.error.integer');
    const number = BigInt(value);
    const low = min && /^-?\d+$/.test(min) && BigInt(min) > range[0] ? BigInt(min) : range[0];
    const high = max && /^-?\d+$/.test(max) && BigInt(max) < range[1] ? BigInt(max) : range[1];
    if (number < low) return t('conf.error.min', { min: String(low) });
    if (number > high) return t('conf.error.max', { max: String(high) });
  }
  if (type === 'DOUBLE' || type === 'FLOAT') {
    const number = Number(value);
    if (value.trim() === '' || !Number.isFinite(number)) return t('conf.error.number');
    if (min && number < Number(min)) return t('conf.error.min', { min });
    if (max && number > Number(max)) return t('conf.error.max', { max });
  }
  if (type === 'CHAR' && [...value].length !== 1) return t('conf.error.char');
  return undefined;
}

/** The property that CONF-V2 writes for a draft without a complaint. A LONG that JavaScript would round stays text. */
export function propertyOf(attribute: Attribute, draft: Draft): Property {
  const { type } = attribute;
  if (typeof draft === 'boolean') return { type, value: draft };
  if (isList(attribute)) return { type, value: lines(draft).map((line) => typed(type, line)) };
  return { type, value: draft === '' ? null : typed(type, draft) };
}

function typed(type: Attribute['type'], text: string): string | number | boolean {
  switch (type) {
    case 'BOOLEAN':
      return text === 'true';
    case 'LONG':
      return Number.isSafeInteger(Number(text)) ? Number(text) : text;
    case 'BYTE':
    case 'SHORT':
    case 'INTEGER':
    case 'DOUBLE':
    case 'FLOAT':
      return Number(text);
    default:
      return text;
  }
}

/** The bounds as a hint; undefined when there are none. */
export function bounds({ min, max }: Attribute, t: Translate): string | undefined {
  if (min && max) return t('conf.range', { min, max });
  if (min) return t('conf.min', { min });
  return max ? t('conf.max', { max }) : undefined;
}
