import { provideVSCodeDesignSystem, vsCodeButton, vsCodeProgressRing } from '@vscode/webview-ui-toolkit';

/**
 * Registers the toolkit elements that the panel uses, and no others. Its badge, tag and panels write style
 * attributes, which the panel's content security policy refuses.
 */
export function registerToolkit(): void {
  provideVSCodeDesignSystem().register(vsCodeButton(), vsCodeProgressRing());
}
