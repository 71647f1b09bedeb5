// The fragment of the address holds what is in the fields, so that it can be shared.

import { $ } from './dom.js';
import { state, prefixOf, grow } from './state.js';

const start = {
  kind: 'connection',
  pattern: '^(?!aws_default$).*$',
  ids: 'aws_default\npostgres_default\nsmtp_default\nredshift_reports\nsnowflake_prod\nslack_alerts',
};

const longest = 8000; // characters that chat programs still pass on

// Kwargs that were pasted into the wrong field look like JSON there.
const looksSecret = (text) => text.includes('://') || /["']\s*:/.test(text);
const isNotID = (line) => looksSecret(line) || /[{}"'=]/.test(line)
  || (line.includes(':') && !line.startsWith('arn:'));

const shareable = ['connections_prefix', 'connections_lookup_pattern', 'variables_prefix',
  'variables_lookup_pattern', 'config_prefix', 'config_lookup_pattern', 'sep'];

// withoutKeys returns the part of the kwargs that may be shared: the rules, without keys, tokens
// and roles. It returns nothing if that part would mean something else than the kwargs do; the
// fields are shared in any case.
function withoutKeys(text) {
  let kwargs;
  try { kwargs = JSON.parse(text); } catch { return ''; }
  if (!kwargs || typeof kwargs !== 'object' || Array.isArray(kwargs)) return '';
  const kept = {};
  for (const key of shareable) {
    if (!Object.hasOwn(kwargs, key)) continue;
    const value = kwargs[key];
    if (value !== null && (typeof value !== 'string' || looksSecret(value))) return '';
    kept[key] = value;
  }
  return Object.keys(kept).length ? JSON.stringify(kept) : '';
}

export function fragment() {
  const shared = new URLSearchParams();
  const put = (key, value, usual) => { if (value !== usual && !looksSecret(value)) shared.set(key, value); };
  const kwargs = state.kwargsRead ? withoutKeys($('kwargs').value) : '';
  shared.set('kind', state.kind);
  put('pattern', $('pattern').value, '');
  put('prefix', $('prefix').value, prefixOf(state.kind));
  put('sep', $('sep').value, '/');
  put('team', $('team').value, '');
  if ($('never').checked) shared.set('never', '1');
  if ($('multiTeam').checked) shared.set('multi_team', '1');
  put('lookups', $('lookups').value, '2880');
  put('per', $('per').value, 'day');
  if (kwargs) {
    shared.set('kwargs', kwargs);
    if (state.fromKwargs) shared.set('from', 'kwargs');
  }
  shared.set('ids', $('ids').value.split('\n').filter((line) => !isNotID(line)).join('\n'));
  const tooLong = shared.toString().length > longest;
  if (tooLong) shared.delete('ids');
  $('short').hidden = !tooLong;
  return '#' + shared;
}

// keep writes the fragment. It waits, since browsers refuse many changes in a row.
let keeping = 0;
export function keep() {
  clearTimeout(keeping);
  keeping = setTimeout(() => {
    try { history.replaceState(null, '', fragment()); } catch { /* the next change is written instead */ }
  }, 200);
}

// load fills in the fields from the address. Anybody can write one: load ignores what it does not
// understand.
export function load() {
  const hash = location.hash.slice(1);
  const shared = new URLSearchParams(hash.length > 1 && hash.length < 100_000 ? hash : '');
  if (![...shared.keys()].some((key) => ['kind', 'pattern', 'ids', 'kwargs'].includes(key))) {
    for (const [key, value] of Object.entries(start)) shared.set(key, value);
  }
  state.kind = ['connection', 'variable', 'config'].find((k) => k === shared.get('kind')) || 'connection';
  $('form').querySelector(`[name=kind][value=${state.kind}]`).checked = true;
  const get = (key, usual) => shared.get(key) ?? usual;
  $('pattern').value = get('pattern', '');
  $('prefix').value = get('prefix', prefixOf(state.kind));
  $('sep').value = get('sep', '/');
  $('team').value = get('team', '');
  $('never').checked = shared.has('never');
  $('multiTeam').checked = shared.has('multi_team');
  const lookups = Number(get('lookups', '2880'));
  $('lookups').value = Number.isFinite(lookups) ? lookups : '2880';
  $('per').value = ['hour', 'day', 'month'].find((per) => per === shared.get('per')) || 'day';
  $('kwargs').value = get('kwargs', '');
  $('ids').value = get('ids', '');
  if ($('kwargs').value) $('pasted').open = true;
  state.fromKwargs = Boolean(get('kwargs', '')) && shared.get('from') === 'kwargs';
  grow();
}
