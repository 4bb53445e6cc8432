import { openStage, type Opened, type Stage } from './stage.ts';

/** One stage for the tests of a `describe`; what a test opened is closed after it. To be asked for inside of tests. */
export function useStage(): () => Stage {
  let stage: Stage;
  const opened: Opened[] = [];
  before(async () => {
    const whole = await openStage();
    const open: Stage['open'] = async (options) => {
      const page = await whole.open(options);
      opened.push(page);
      return page;
    };
    stage = { ...whole, open };
  });
  after(() => stage.close());
  afterEach(async () => {
    for (const { context } of opened.splice(0)) await context.close();
  });
  return () => stage;
}
