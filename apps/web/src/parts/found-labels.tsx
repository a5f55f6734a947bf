/** Those labels that a search has found, as many as fit. */
export function FoundLabels({
  labels,
  text,
}: {
  readonly labels: readonly string[];
  readonly text: string;
}) {
  const sought = text.toLowerCase();
  const found =
    sought === '' ? [] : labels.filter((label) => label.toLowerCase().includes(sought)).slice(0, 3);
  if (found.length === 0) return null;
  return (
    <div className="mt-0.5 flex flex-wrap gap-1">
      {found.map((label) => (
        <code
          key={label}
          title={label}
          className="max-w-full truncate rounded bg-sunk px-1.5 font-mono text-xs"
        >
          {label}
        </code>
      ))}
    </div>
  );
}
