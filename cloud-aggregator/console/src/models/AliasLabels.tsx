import { Label, LabelGroup } from '@patternfly/react-core';
import type { ModelAlias } from '../api/client';

const colours: Record<string, 'teal' | 'orange'> = { champion: 'teal', challenger: 'orange' };

export const aliasName = ({ alias, site }: Pick<ModelAlias, 'alias' | 'site'>) => (site ? `${alias} · ${site}` : alias);

/** Names that mean a version now. */
export function AliasLabels({ of }: { of: readonly ModelAlias[] }) {
  if (of.length === 0) return null;
  return (
    <LabelGroup numLabels={6}>
      {of.map((alias) => (
        <Label key={aliasName(alias)} isCompact color={colours[alias.alias] ?? 'grey'}>
          {aliasName(alias)}
        </Label>
      ))}
    </LabelGroup>
  );
}
