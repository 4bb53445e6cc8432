import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['dist/**', 'node_modules/**', 'test/vscode/host/**', 'coverage/**'] },
  {
    files: ['src/**/*.ts', 'webview/**/*.ts', 'test/**/*.ts', 'scripts/**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { noInlineConfig: true, reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'error',
      // A number in a sentence needs no String(…) around it.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      // `() => dispose()` is how a callback without a result is written here.
      '@typescript-eslint/no-confusing-void-expression': 'off',
      // Types do not know what hostile input holds; a check that they call unnecessary may be the one that holds.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      // Ports and fakes are asynchronous by contract, whether or not this one waits for anything.
      '@typescript-eslint/require-await': 'off',
      // A type parameter used once still tells the caller what comes back.
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      // The rule takes every injected object for a forged one.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      // Libraries with const enums are read by value.
      '@typescript-eslint/no-unsafe-enum-comparison': 'off',
      '@typescript-eslint/no-unsafe-enum-assignment': 'off',
    },
  },
  {
    files: ['scripts/**/*.ts', 'test/**/*.ts'],
    rules: { 'no-console': 'off' },
  },
  {
    // The only log a page has.
    files: ['webview/**/*.ts'],
    rules: { 'no-console': ['error', { allow: ['warn', 'error'] }] },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      // A test says what it knows; a wrong guess fails it.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/unbound-method': 'off',
      'no-restricted-properties': [
        'error',
        ...['describe', 'it', 'suite', 'test'].flatMap((object) =>
          ['only', 'skip'].map((property) => ({ object, property, message: 'Every test runs, always.' })),
        ),
      ],
    },
  },
);
