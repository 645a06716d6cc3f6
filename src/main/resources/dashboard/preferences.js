// What a reader likes: light or dark, and which clock. Kept by the browser alone.
import { html } from './lib/lit-html.js';
import { forgetColors } from './plot.js';
import { state, update } from './store.js';

const KEY = 'warmlane';
const THEMES = { auto: 'Auto', light: 'Light', dark: 'Dark' };

export function loadPreferences() {
  try {
    change(JSON.parse(localStorage.getItem(KEY) ?? '{}'));
  } catch {
    // Without a store, or with what somebody else wrote there, the page is as it comes.
  }
}

function change(preferences) {
  update({ preferences: { ...state.preferences, ...preferences } });
  const { theme } = state.preferences;
  if (theme === 'auto') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  forgetColors();
}

function choose(preferences) {
  change(preferences);
  try {
    localStorage.setItem(KEY, JSON.stringify(state.preferences));
  } catch {
    // Then it holds for this page.
  }
  dispatchEvent(new Event('preferences'));
}

matchMedia('(prefers-color-scheme: dark)').addEventListener('change', forgetColors);

export const preferencesBar = () => html`
  <label>Theme
    <select @change=${(event) => choose({ theme: event.target.value })}>
      ${Object.entries(THEMES).map(([theme, title]) => html`<option value=${theme} ?selected=${state.preferences.theme === theme}>${title}</option>`)}
    </select></label>
  <button aria-pressed=${String(state.preferences.utc)} @click=${() => choose({ utc: !state.preferences.utc })}>UTC</button>
`;
