import { useSyncExternalStore } from 'react';

type Theme = 'light' | 'dark';

const listeners = new Set<() => void>();

/** What `theme.js` chose before the page was drawn, and a way to choose otherwise. */
export function useTheme(): readonly [theme: Theme, turn: () => void] {
  const theme = useSyncExternalStore(
    (tell) => {
      listeners.add(tell);
      return () => listeners.delete(tell);
    },
    () => (document.documentElement.dataset.theme === 'dark' ? 'dark' : 'light'),
  );
  const turn = () => {
    const other = theme === 'dark' ? 'light' : 'dark';
    document.documentElement.dataset.theme = other;
    localStorage.setItem('theme', other);
    listeners.forEach((tell) => tell());
  };
  return [theme, turn];
}
