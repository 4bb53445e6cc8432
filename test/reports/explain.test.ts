import assert from 'node:assert/strict';
import { noTokens } from '../../src/protocol/rows.ts';
import type { LedgerRow } from '../../src/protocol/rows.ts';
import { explainCall as explain, type AboutCall } from '../../src/reports/explain.ts';
import { ledgerRow } from './samples.ts';

const explainCall = (row: LedgerRow, about: Partial<AboutCall> = {}): string =>
  explain(row, { g: 7, entries: [], bound: null, list: null, ...about });

describe('reports/explain', () => {
  it('shows the arithmetic of a priced call', () => {
    assert.equal(
      explainCall(ledgerRow()),
      `call       call-1
run, task  g007 run-1, task-1
trace      0af7651916cd43dd8448eb211c80319c, span b7ad6b7169203331
model      gpt-5-mini (answered by gpt-5-mini-2025-08-07), as executor of agent haios
reserved   2026-11-20T10:00:00.000Z
settled    2026-11-20T10:00:02.000Z
state      settled

Held before sending: 0.002 USD and 5,000 tokens; when the call settled, 0.00135 USD of it went back.

bucket  tokens  USD per million  nano-dollars
input    1,000             0.25       250,000
output     200                2       400,000
sum      1,200                        650,000
Rounded half-up once: 650,000 nano-dollars = 0.00065 USD, as the ledger says.
Prices: genai-prices 0.1.8 (2026-10-01)
`,
    );
  });

  it('rounds the sum once, half-up, and keeps fractions of a nano-dollar till then', () => {
    const rates = [
      { bucket: 'cache_read', tokens: 1, usdPerMillion: 0.00125, nusd: 1 },
      { bucket: 'input', tokens: 1, usdPerMillion: 0.00125, nusd: 1 },
    ] as const;
    const text = explainCall(ledgerRow({ rates, nusd: 3, tokens: { ...noTokens, input: 1, cache_read: 1 } }));
    assert.match(text, /cache read +1 +0\.00125 +1\.25\n/);
    assert.match(text, /sum +2 +2\.5\nRounded half-up once: 3 nano-dollars = 0\.000000003 USD, as the ledger says\./);
  });

  it('says so when the ledger holds another amount than the rates give', () => {
    const text = explainCall(ledgerRow({ nusd: 2_000_000, estimated: true }));
    assert.match(
      text,
      /Rounded half-up: 650,000 nano-dollars; the ledger says 2,000,000 = 0\.002 USD, 1,350,000 apart \(settled at/,
    );
    assert.match(text, /Estimated: /);
  });

  it('never calls an unknown price nothing', () => {
    const text = explainCall(ledgerRow({ pricing: 'unpriced', nusd: 0, rates: [], priceSource: null }));
    assert.match(text, /1,200 tokens; the model has no known price, so what they cost is unknown \(it is not 0\)\./);
    assert.doesNotMatch(text, /went back/);
  });

  it('tells the other ways a price comes about', () => {
    assert.match(explainCall(ledgerRow({ pricing: 'free', nusd: 0 })), /free by its nature: 0\.00 USD/);
    assert.match(explainCall(ledgerRow({ pricing: 'reported' })), /the provider itself reported 0\.00065 USD/);
    assert.match(explainCall(ledgerRow({ pricing: 'as' })), /was not paid/);
  });

  it('says what a reported cost would have been at the list price', () => {
    const reported = ledgerRow({ pricing: 'reported', nusd: 700_000, priceSource: 'reported by openrouter' });
    assert.match(
      explainCall(reported, { list: { nusd: 650_000, source: 'genai-prices 0.1.8 (2026-11-20)' } }),
      /the provider itself reported 0\.0007 USD\.\nPrices: reported by openrouter\nAt the list price it would have been 0\.00065 USD \(genai-prices 0\.1\.8 \(2026-11-20\)\); what was reported counts\.\n/,
    );
    assert.match(explainCall(reported), /No list price of that model is known/);
  });

  it('takes the bound apart, names the tier, and lists corrections', () => {
    const at = Date.UTC(2026, 10, 20, 10);
    const entry = (name: string, nusd: number, tokens: number) => ({ entry: name, at, nusd, tokens });
    const text = explainCall(ledgerRow({ serviceTier: 'batch' }), {
      bound: { inputTokens: 4572, inputRate: 0.25, outputTokens: 428, outputRate: 2 },
      entries: [
        entry('reserve', 0, 0),
        entry('settle', 5, 10),
        entry('reverse', -5, -10),
        entry('settle', 650_000, 1200),
      ],
    });
    assert.match(text, /^tier {7}batch$/m);
    assert.match(
      text,
      /4,572 input tokens \(a token for each byte sent\) at 0\.25 and 428 output tokens at 2 USD per million/,
    );
    assert.match(
      text,
      /\nCorrected: .*\nentry .*\nsettle .*10 +0\.000000005\nreverse .*-10 +-0\.000000005\nsettle .*1,200 +0\.00065\n$/,
    );
    assert.doesNotMatch(explainCall(ledgerRow()), /Corrected|That is the most/);
  });

  it('tells a call whose process ended from one whose usage was missing', () => {
    const whole = { estimated: true, rates: [], nusd: 2_000_000, tokens: { ...noTokens, input: 5000 } };
    assert.match(explainCall(ledgerRow(whole)), /Estimated: its process ended while it was under way/);
    for (const pricing of ['priced', 'unpriced'] as const) {
      const call = ledgerRow({ estimated: true, pricing });
      assert.match(explainCall(call), /Estimated: the provider sent no usable usage/, pricing);
    }
  });

  it('explains calls that have not settled', () => {
    const state = (name: 'reserved' | 'sent' | 'released'): string =>
      explainCall(ledgerRow({ state: name, settledAt: null }));
    assert.match(
      state('reserved'),
      /Held before sending: 0\.002 USD and 5,000 tokens; the call is not sent yet\.\n\nThere is no settlement/,
    );
    assert.match(state('sent'), /a crash would settle it at this amount/);
    assert.match(state('released'), /nothing was spent/);
  });

  it('keeps hostile names on one line', () => {
    const text = explainCall(ledgerRow({ model: 'm\nstate      released\u001b[2J' }));
    assert.match(text, /^model {6}m state released\\u\{1b\}\[2J \(answered/m);
  });
});
