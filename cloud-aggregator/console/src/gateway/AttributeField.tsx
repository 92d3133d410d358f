import { FormGroup, FormHelperText, FormSelect, FormSelectOption, HelperText, HelperTextItem, Label, Switch, TextArea, TextInput } from '@patternfly/react-core';
import type { Attribute } from '../api/client';
import { useWords } from '../i18n';
import { bounds, isList, type Draft } from './values';

interface Props {
  /** Tells fields apart where those of several components are shown. */
  owner?: string;
  attribute: Attribute;
  draft: Draft;
  changed: boolean;
  wrong?: string;
  change: (draft: Draft) => void;
}

/** One attribute of a definition as a form field of its type. */
export function AttributeField({ owner, attribute, draft, changed, wrong, change }: Props) {
  const { t } = useWords();
  const id = ['attribute', owner, attribute.id].filter(Boolean).join('-');
  const hints = [
    attribute.description,
    bounds(attribute, t),
    attribute.type === 'PASSWORD' && t('conf.passwordHint'),
    isList(attribute) &&
      (Math.abs(attribute.cardinality) >= 2147483647 ? t('conf.listHint') : t('conf.listHintMax', { n: Math.abs(attribute.cardinality) })),
  ].filter(Boolean);
  const validated = wrong ? 'error' : 'default';
  const describedBy = `${id}-help`;
  return (
    <FormGroup
      label={attribute.name}
      fieldId={id}
      isRequired={attribute.required}
      labelInfo={
        <span className="karu-quiet">
          {attribute.id} · {attribute.type}
          {changed && (
            <>
              {' '}
              <Label isCompact color="teal">
                {t('conf.edited')}
              </Label>
            </>
          )}
        </span>
      }
    >
      {field()}
      <FormHelperText>
        <HelperText id={describedBy} isLiveRegion>
          {wrong && <HelperTextItem variant="error">{wrong}</HelperTextItem>}
          {hints.length > 0 && <HelperTextItem>{hints.join(' ')}</HelperTextItem>}
        </HelperText>
      </FormHelperText>
    </FormGroup>
  );

  function field() {
    if (typeof draft === 'boolean')
      return <Switch id={id} aria-label={attribute.name} isChecked={draft} onChange={(_, on) => change(on)} />;
    const common = { id, value: draft, validated, 'aria-describedby': describedBy } as const;
    if (isList(attribute))
      return <TextArea {...common} aria-label={attribute.name} rows={3} resizeOrientation="vertical" onChange={(_, value) => change(value)} />;
    const options = attribute.options ?? [];
    if (options.length > 0)
      return (
        <FormSelect {...common} aria-label={attribute.name} onChange={(_, value) => change(value)}>
          {!options.some((option) => option.value === draft) && <FormSelectOption value={draft} label={draft || t('conf.unset')} />}
          {options.map((option) => (
            <FormSelectOption key={option.value} value={option.value} label={option.label} />
          ))}
        </FormSelect>
      );
    if (attribute.type === 'PASSWORD')
      return <TextInput {...common} type="password" autoComplete="new-password" onChange={(_, value) => change(value)} />;
    const numeric = !['STRING', 'CHAR'].includes(attribute.type);
    return (
      <TextInput
        {...common}
        type="text"
        inputMode={numeric ? 'decimal' : undefined}
        placeholder={attribute.default}
        onChange={(_, value) => change(value)}
      />
    );
  }
}
