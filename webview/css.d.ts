/** Style sheets are imported for the bundler, which writes them beside the bundle. */
declare module '*.css';
