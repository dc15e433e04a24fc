export function copiedPaths(dockerfile: string): string[];
