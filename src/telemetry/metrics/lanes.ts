import { priorities } from '../../catalogue/lanes.ts';
import { gauge, type CreateFamily } from './family.ts';

/** Occupancy of the lanes, read at scrape. */
export const lanes: CreateFamily = (registry, prefix, sources) => {
  gauge(registry, prefix, 'lane_active', (metric) => {
    for (const view of sources.lanes()) metric.set({ lane: view.lane }, view.active);
  });
  gauge(registry, prefix, 'lane_limit', (metric) => {
    for (const view of sources.lanes()) metric.set({ lane: view.lane }, view.limit);
  });
  gauge(registry, prefix, 'lane_borrowed', (metric) => {
    for (const view of sources.lanes()) metric.set({ lane: view.lane }, view.borrowed);
  });
  gauge(registry, prefix, 'lane_queue_depth', (metric) => {
    for (const view of sources.lanes()) {
      for (const priority of priorities) metric.set({ lane: view.lane, priority }, view.queued[priority]);
    }
  });
  return { observe() {} };
};
