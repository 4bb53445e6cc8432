import * as vscode from 'vscode';
import type { CommandId } from '../../catalogue/commands.ts';
import type { RunRow, SpanRow } from '../../protocol/rows.ts';
import type { RunView } from '../../protocol/snapshot.ts';
import type { RuntimeHost } from './runtime-host.ts';
import { isActive } from './status-bar-state.ts';
import { plainMarkdown } from './status-bar.ts';
import { runItem, spanItem, type TraceItem } from './trace-item.ts';
import { compareRuns } from './trace-runs.ts';

export type TraceNode =
  | { readonly kind: 'run'; readonly runId: string; row: RunRow }
  | { readonly kind: 'span'; readonly runId: string; readonly parent: TraceNode; row: SpanRow }
  | { readonly kind: 'more' }
  | { readonly kind: 'message'; readonly text: string };

const pageSize = 50;
const refreshDelayMs = 300;

/** Runs, newest first, and under each its spans, read when they are opened and again while the run runs. */
export class TraceTree implements vscode.TreeDataProvider<TraceNode>, vscode.Disposable {
  readonly #host: RuntimeHost;
  readonly #log: vscode.LogOutputChannel;
  readonly #changed = new vscode.EventEmitter<TraceNode | undefined>();
  readonly #runs = new Map<string, TraceNode & { kind: 'run' }>();
  readonly #seen = new Map<string, string>();
  readonly #dirty = new Set<string>();
  readonly #subscriptions: vscode.Disposable[];
  #next: string | null = null;
  #loaded = false;
  #timer: NodeJS.Timeout | undefined;

  readonly onDidChangeTreeData = this.#changed.event;

  constructor(host: RuntimeHost, log: vscode.LogOutputChannel) {
    this.#host = host;
    this.#log = log;
    this.#subscriptions = [
      this.#changed,
      host.onDelta.on((delta) => {
        if (delta.changed.runs !== undefined) this.#compare();
      }),
      host.onState.on((state) => {
        if (state.kind === 'starting') return;
        this.#loaded = false;
        this.#changed.fire(undefined);
      }),
    ];
  }

  getTreeItem(node: TraceNode): vscode.TreeItem {
    switch (node.kind) {
      case 'run':
        return treeItem(runItem(node.row, this.#view(node.runId)));
      case 'span':
        return treeItem(spanItem(node.row, this.#atWork(node.runId)));
      case 'more':
        return commandItem('Load more…', 'haios.loadMoreRuns');
      case 'message': {
        const item = new vscode.TreeItem(node.text);
        item.iconPath = new vscode.ThemeIcon('warning');
        item.tooltip = plainMarkdown([node.text]);
        return item;
      }
    }
  }

  getParent(node: TraceNode): TraceNode | undefined {
    return node.kind === 'span' ? node.parent : undefined;
  }

  async getChildren(node?: TraceNode): Promise<TraceNode[]> {
    try {
      if (node === undefined) return await this.#roots();
      return node.kind === 'run' || node.kind === 'span' ? await this.#spans(node) : [];
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      this.#log.warn(`The trace tree could not be read: ${text}`);
      return [{ kind: 'message', text }];
    }
  }

  /** Reads the list of runs again. */
  refresh(): void {
    this.#loaded = false;
    this.#changed.fire(undefined);
  }

  async loadMore(): Promise<void> {
    if (this.#next === null) return;
    const page = await this.#host.request('runs', { limit: pageSize, cursor: this.#next });
    for (const row of page.rows) this.#keep(row);
    this.#next = page.next;
    this.#changed.fire(undefined);
  }

  /** The node of a run, read if the tree does not hold it yet. */
  async find(runId: string): Promise<TraceNode> {
    return this.#runs.get(runId) ?? this.#keep(await this.#host.request('run', { run: runId }));
  }

  dispose(): void {
    clearTimeout(this.#timer);
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  async #roots(): Promise<TraceNode[]> {
    if (!this.#loaded && this.#host.state.kind !== 'lost') {
      const limit = Math.min(Math.max(pageSize, this.#runs.size), 500);
      const page = await this.#host.request('runs', { limit, cursor: null });
      this.#runs.clear();
      for (const row of page.rows) this.#keep(row);
      this.#next = page.next;
      this.#loaded = true;
    }
    const runs: TraceNode[] = [...this.#runs.values()].sort((a, b) => b.row.g - a.row.g);
    if (this.#host.state.kind === 'lost') return [{ kind: 'message', text: this.#host.state.message }, ...runs];
    return this.#next === null ? runs : [...runs, { kind: 'more' }];
  }

  /** A run's children are those of its root span `plan`: the run itself stands for that one. */
  async #spans(parent: TraceNode & { kind: 'run' | 'span' }): Promise<TraceNode[]> {
    if (this.#host.state.kind === 'lost') return [];
    const { runId } = parent;
    const parentSpanId = parent.kind === 'run' ? null : parent.row.spanId;
    let rows = await this.#host.request('spans', { runId, parentSpanId });
    const [root] = rows;
    if (parent.kind === 'run' && rows.length === 1 && root?.kind === 'plan') {
      rows = await this.#host.request('spans', { runId, parentSpanId: root.spanId });
    }
    return rows.map((row) => ({ kind: 'span', runId, parent, row }));
  }

  #view(runId: string): RunView | null {
    return this.#host.snapshot?.runs.find((run) => run.runId === runId) ?? null;
  }

  #atWork(runId: string): boolean {
    const view = this.#view(runId);
    return view !== null && isActive(view);
  }

  #keep(row: RunRow): TraceNode {
    const known = this.#runs.get(row.runId);
    if (known !== undefined) {
      known.row = row;
      return known;
    }
    const node = { kind: 'run' as const, runId: row.runId, row };
    this.#runs.set(row.runId, node);
    return node;
  }

  #compare(): void {
    const views = this.#host.snapshot?.runs ?? [];
    const rows = new Map([...this.#runs].map(([runId, node]) => [runId, node.row]));
    const { unknown, changed, stale } = compareRuns(views, rows, this.#seen);
    if (unknown) this.#loaded = false;
    for (const runId of changed) this.#dirty.add(runId);
    if (unknown || changed.length > 0) this.#timer ??= setTimeout(() => this.#flush(), refreshDelayMs);
    for (const runId of stale) void this.#readAgain(runId);
  }

  #flush(): void {
    this.#timer = undefined;
    if (!this.#loaded) this.#changed.fire(undefined);
    else for (const runId of this.#dirty) this.#changed.fire(this.#runs.get(runId));
    this.#dirty.clear();
  }

  async #readAgain(runId: string): Promise<void> {
    try {
      this.#changed.fire(this.#keep(await this.#host.request('run', { run: runId })));
    } catch (error) {
      this.#log.warn(`Run ${runId} could not be read again: ${String(error)}`);
    }
  }
}

function treeItem(trace: TraceItem): vscode.TreeItem {
  const { None, Collapsed } = vscode.TreeItemCollapsibleState;
  const item = new vscode.TreeItem(trace.label, trace.expandable ? Collapsed : None);
  item.id = trace.id;
  item.description = trace.description;
  item.tooltip = plainMarkdown(trace.tooltip);
  item.contextValue = trace.context;
  const { name, color } = trace.icon;
  item.iconPath =
    color === null ? new vscode.ThemeIcon(name) : new vscode.ThemeIcon(name, new vscode.ThemeColor(color));
  item.accessibilityInformation = { label: `${trace.label}, ${trace.description}` };
  return item;
}

function commandItem(label: string, command: CommandId): vscode.TreeItem {
  const item = new vscode.TreeItem(label);
  item.command = { command, title: label };
  return item;
}
