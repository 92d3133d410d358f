import { useCallback, useEffect, useState } from 'react';

export type Theme = 'light' | 'dark';

function preferred(): Theme {
  const stored = localStorage.getItem('karu.theme');
  if (stored === 'light' || stored === 'dark') return stored;
  return window.matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}

export function useTheme(): [Theme, () => void] {
  const [theme, setTheme] = useState<Theme>(preferred);
  useEffect(() => {
    document.documentElement.classList.toggle('pf-v6-theme-dark', theme === 'dark');
  }, [theme]);
  const toggle = useCallback(
    () =>
      setTheme((now) => {
        const next = now === 'dark' ? 'light' : 'dark';
        localStorage.setItem('karu.theme', next);
        return next;
      }),
    [],
  );
  return [theme, toggle];
}
