/** Karu's mark: an eye whose iris is a koru. */
export function Eye({ size = 32 }: { size?: number }) {
  return (
    <svg className="karu-eye" width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <path d="M2 16C6.5 8.5 11 5.5 16 5.5S25.5 8.5 30 16C25.5 23.5 21 26.5 16 26.5S6.5 23.5 2 16Z" />
      <path d="M21.5 16A5 5 0 0 1 11.5 16A3.5 3.5 0 0 1 18.5 16A2 2 0 0 1 14.5 16" />
    </svg>
  );
}
