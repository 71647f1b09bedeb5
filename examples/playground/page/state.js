import { $ } from './dom.js';

// What the page knows besides the text in its fields.
export const state = {
  kind: 'connection',
  fromKwargs: false, // the kwargs filled in the fields, which have not been changed since
  kwargsRead: false, // the last answer could read the kwargs
  view: { show: '', find: '', sort: '', page: 0 },
};

export const prefixOf = (kind) => $('form').querySelector(`[name=kind][value=${kind}]`).dataset.prefix;

export function question() {
  return {
    kind: state.kind,
    fields: {
      pattern: $('pattern').value, prefix: $('prefix').value, never: $('never').checked, sep: $('sep').value,
    },
    kwargs: $('kwargs').value,
    fromKwargs: state.fromKwargs,
    multiTeam: $('multiTeam').checked,
    team: state.kind === 'config' ? '' : $('team').value,
    ids: $('ids').value,
    lookups: Number($('lookups').value),
    per: $('per').value,
    view: state.view,
  };
}

// grow makes the field as high as the pattern in it.
export function grow() {
  const pattern = $('pattern');
  pattern.style.height = 'auto';
  pattern.style.height = `${pattern.scrollHeight + pattern.offsetHeight - pattern.clientHeight}px`;
}
