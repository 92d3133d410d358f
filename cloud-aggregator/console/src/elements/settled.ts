import { useEffect, useState } from 'react';

/** Milliseconds without a change. */
const REST = 300;

/** The value once it has not changed for a moment, as of a field in which a person types. */
export function useSettled<T>(value: T): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), REST);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}
