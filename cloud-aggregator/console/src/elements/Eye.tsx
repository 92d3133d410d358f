/** Karu's mark: an eye whose iris is a koru. */
export function Eye({ size = 32 }: { size?: number }) {
  return (
    <svg className="karu-eye" width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <path d="M2 16C6.500 8.500 11 5.500 16 5.500S25.500 8.500 30 16C25.500 23.500 21 26.500 16 26.500S6.500 23.500 2 16Z" />
      <path d="M16 16a2.200 2.200 0 1 1 2.200 2.200A4.600 4.600 0 0 1 13.600 13.600 6.800 6.800 0 0 1 22.600 14.200" />
    </svg>
  );
}
