import type { CallToolResult } from '@modelcontextprotocol/client';
import type { OutputCapture } from '../output-capture.ts';
import { plainLine, plainText } from './plain-text.ts';

/** Writes what the model reads of a result: text as it is, anything else named by its type and size. */
export async function writeResult(result: CallToolResult, capture: OutputCapture): Promise<void> {
  const parts = result.content.map(describe);
  if (parts.length === 0 && result.structuredContent !== undefined)
    parts.push(JSON.stringify(result.structuredContent));
  await capture.write(Buffer.from(plainText(parts.join('\n'))));
}

function describe(block: CallToolResult['content'][number]): string {
  switch (block.type) {
    case 'text':
      return block.text;
    case 'image':
    case 'audio':
      return `[${block.type}, ${plainLine(block.mimeType, 100)}, ${base64Bytes(block.data)} bytes, not shown]`;
    case 'resource_link':
      return `[link to ${plainLine(block.uri, 500)}: ${plainLine(block.name, 200)}]`;
    case 'resource': {
      const { resource } = block;
      const heading = `resource ${plainLine(resource.uri, 500)}`;
      return 'text' in resource
        ? `[${heading}]\n${resource.text}`
        : `[${heading}, ${plainLine(resource.mimeType ?? 'unknown type', 100)}, ${base64Bytes(resource.blob)} bytes, not shown]`;
    }
  }
}

function base64Bytes(data: string): number {
  return Buffer.byteLength(data, 'base64');
}
