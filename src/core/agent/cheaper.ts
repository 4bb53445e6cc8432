import { bound } from '../budget/pricing.ts';
import { isHaiosError } from '../errors.ts';
import type { Model, ModelCatalogue, ModelRequest } from '../ports.ts';
import type { Caller } from './caller.ts';

/** Configured models that are ready and whose next call all budgets of the task allow now, the dearest first. Throws LEDGER_*. */
export async function cheaperModels(task: Caller, asked: ModelRequest): Promise<readonly string[]> {
  const { models, model: current, services, priceAs } = task.context;
  const at = services.clock.now();
  const fitting: { id: string; nusd: number }[] = [];
  for (const id of models.ids()) {
    const model = id === current.id ? null : readyModel(models, id);
    if (model === null) continue;
    const request = { ...asked, maxOutputTokens: model.maxOutputTokens };
    const input = model.inputBound(request);
    const nusd = bound(model, input, request.maxOutputTokens, services.prices, priceAs, at);
    if (nusd === null) continue;
    const limits = task.limits(id);
    const uses = await services.ledger.use(limits);
    const fits = limits.every((limit, place) => {
      const use = uses[place];
      const wanted = limit.resource === 'usd' ? nusd : input + request.maxOutputTokens;
      return use !== undefined && use.settled + use.held + wanted <= use.limit;
    });
    if (fits) fitting.push({ id, nusd });
  }
  return fitting.sort((a, b) => b.nusd - a.nusd).map(({ id }) => id);
}

function readyModel(models: ModelCatalogue, id: string): Model | null {
  try {
    return models.get(id);
  } catch (error) {
    if (isHaiosError(error, 'API_KEY_MISSING') || isHaiosError(error, 'MODEL_UNKNOWN')) return null;
    throw error;
  }
}
