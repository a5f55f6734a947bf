export interface HostTool {
  readonly name: string;
  readonly debian?: readonly string[];
  readonly go?: string;
  readonly schemas?: string;
  readonly throughModule?: boolean;
  readonly onlyPinned?: boolean;
}

export const hostTools: readonly HostTool[];
export function findTool(name: string): string | undefined;
export function enablingCommand(name: string): string;
