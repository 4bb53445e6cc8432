import type { ReportQuery } from '../protocol/messages.ts';
import type { CostReport } from './cost-facts.ts';
import { costReportCsv } from './cost-report-csv.ts';
import { costReportJson } from './cost-report-json.ts';
import { costReportMarkdown } from './cost-report-markdown.ts';

export function costReport(report: CostReport, format: ReportQuery['format']): string {
  switch (format) {
    case 'md':
      return costReportMarkdown(report);
    case 'csv':
      return costReportCsv(report);
    case 'json':
      return costReportJson(report);
  }
}
