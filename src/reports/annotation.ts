import { formatG } from '../protocol/money.ts';

/** What a written report says about itself [ADR-OS-019 §2, 19-O7]. */
export interface Annotation {
  /** File name without its number and ending, e.g. `cost_report`. */
  readonly kind: string;
  readonly g: number;
  readonly traceId: string | null;
  /** Version of the program that wrote it. */
  readonly version: string;
  readonly author: string;
  readonly runId: string | null;
  /** Files and tables the content was made from. */
  readonly sources: readonly string[];
  readonly quality: { readonly status: 'PASS' | 'PARTIAL'; readonly notes: string };
}

/** The EmbeddedAnnotationBlock, as the last part of a Markdown document. */
export function annotationBlock(a: Annotation): string {
  const body = {
    artifact_id_of_host: `${a.kind}_md_g${formatG(a.g)}`,
    version_tag: `haios ${a.version}`,
    g_created: a.g,
    g_last_modified: a.g,
    authors_and_contributors: [a.author],
    internal_dependencies: a.sources,
    trace_id: a.traceId,
    ...(a.runId === null ? {} : { run_id: a.runId }),
    quality_notes: {
      unit_tests: { status: 'N/A', notes: 'Generated document' },
      overall_quality_assessment: a.quality.status,
      notes: a.quality.notes,
    },
  };
  const json = JSON.stringify(body, null, 2).replace(/`/g, '\\u0060').replace(/\*\//g, '*\\/');
  return `\`\`\`jsonc\n/* EmbeddedAnnotationBlock */\n${json}\n\`\`\``;
}
