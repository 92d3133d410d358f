import { createContext, useContext, useEffect, useMemo, useState, type ReactNode } from 'react';
import { en, type Message } from './en';
import { zh } from './zh';

export type Language = 'en' | 'zh';
export type Translate = (message: Message, values?: Record<string, string | number>) => string;

const dictionaries: Record<Language, Record<Message, string>> = { en, zh };

interface Words {
  language: Language;
  t: Translate;
  toggle: () => void;
}

const WordsContext = createContext<Words | null>(null);

function preferred(): Language {
  const stored = localStorage.getItem('karu.language');
  if (stored === 'en' || stored === 'zh') return stored;
  return navigator.language.startsWith('zh') ? 'zh' : 'en';
}

export function WordsProvider({ children }: { children: ReactNode }) {
  const [language, setLanguage] = useState<Language>(preferred);
  useEffect(() => {
    document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
  }, [language]);
  const words = useMemo<Words>(
    () => ({
      language,
      t: (message, values = {}) =>
        dictionaries[language][message].replace(/\{(\w+)\}/g, (all, name: string) => String(values[name] ?? all)),
      toggle: () => {
        const next = language === 'en' ? 'zh' : 'en';
        localStorage.setItem('karu.language', next);
        setLanguage(next);
      },
    }),
    [language],
  );
  return <WordsContext.Provider value={words}>{children}</WordsContext.Provider>;
}

export function useWords(): Words {
  const words = useContext(WordsContext);
  if (!words) throw new Error('useWords outside of WordsProvider');
  return words;
}
