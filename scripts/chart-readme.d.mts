export function valuesTable(yaml: string): string;
export function withValues(readme: string, yaml: string): string;
