/** What begins a line of the suite's report among everything else that an extension host logs. */
export const suiteMark = '[suite]';
