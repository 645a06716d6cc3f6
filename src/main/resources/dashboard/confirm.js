// Asks before something is changed. The browser keeps the focus in the dialog and gives it back afterwards.
import { html, render } from './lib/lit-html.js';

const dialog = document.createElement('dialog');
dialog.setAttribute('aria-labelledby', 'confirm-title');
document.body.append(dialog);

export function confirmed(title, consequences, action) {
  return new Promise((resolve) => {
    const answer = (yes) => {
      dialog.onclose = null;
      dialog.close();
      resolve(yes);
    };
    render(
      html`<h2 id="confirm-title">${title}</h2>
        <p>${consequences}</p>
        <p class="choices">
          <button class="danger" @click=${() => answer(true)}>${action}</button>
          <button autofocus @click=${() => answer(false)}>Cancel</button>
        </p>`,
      dialog,
    );
    dialog.onclose = () => resolve(false);
    dialog.showModal();
  });
}
