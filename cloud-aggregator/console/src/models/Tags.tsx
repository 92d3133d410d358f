import { Label, LabelGroup } from '@patternfly/react-core';

/** Free key-value pairs. */
export function Tags({ of }: { of: Record<string, string> }) {
  const all = Object.entries(of);
  if (all.length === 0) return null;
  return (
    <LabelGroup numLabels={8}>
      {all.map(([key, value]) => (
        <Label key={key} isCompact variant="outline">
          {value ? `${key}=${value}` : key}
        </Label>
      ))}
    </LabelGroup>
  );
}
