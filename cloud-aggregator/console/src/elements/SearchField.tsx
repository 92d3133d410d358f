import { SearchInput, Toolbar, ToolbarContent, ToolbarItem } from '@patternfly/react-core';

/** Narrows the list below it by a text. */
export function SearchField({ label, value, onChange }: { label: string; value: string; onChange: (value: string) => void }) {
  return (
    <Toolbar>
      <ToolbarContent>
        <ToolbarItem>
          <SearchInput aria-label={label} placeholder={label} value={value} onChange={(_, next) => onChange(next)} onClear={() => onChange('')} />
        </ToolbarItem>
      </ToolbarContent>
    </Toolbar>
  );
}
