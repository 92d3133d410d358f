import { Alert, AlertActionCloseButton, AlertGroup } from '@patternfly/react-core';
import { createContext, useCallback, useContext, useRef, useState, type ReactNode } from 'react';

type Variant = 'success' | 'danger' | 'info';
type Notify = (variant: Variant, title: string) => void;

const NoticeContext = createContext<Notify>(() => {});

/** Short confirmations that leave by themselves; failures belong beside what failed. */
export function NoticeProvider({ children }: { children: ReactNode }) {
  const [notices, setNotices] = useState<{ id: number; variant: Variant; title: string }[]>([]);
  const next = useRef(0);
  const remove = useCallback((id: number) => setNotices((now) => now.filter((notice) => notice.id !== id)), []);
  const notify = useCallback<Notify>((variant, title) => {
    const id = next.current++;
    setNotices((now) => [...now, { id, variant, title }]);
  }, []);
  return (
    <NoticeContext.Provider value={notify}>
      {children}
      <AlertGroup isToast isLiveRegion>
        {notices.map(({ id, variant, title }) => (
          <Alert
            key={id}
            variant={variant}
            title={title}
            timeout={variant === 'danger' ? false : 6000}
            onTimeout={() => remove(id)}
            actionClose={<AlertActionCloseButton onClose={() => remove(id)} />}
          />
        ))}
      </AlertGroup>
    </NoticeContext.Provider>
  );
}

export const useNotify = () => useContext(NoticeContext);
