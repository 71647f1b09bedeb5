// The page holds no rules of its own: whenever the user types, it asks the program that served
// it, and shows the answer.

import { $, announce } from './dom.js';
import { state, prefixOf, question, grow } from './state.js';
import { fragment, keep, load } from './address.js';
import { show, pasteText } from './show.js';

const form = $('form');

// ---- asking ----

let timer = 0;
let asking = new AbortController();
let latest = 0; // answers to earlier questions are dropped
function changed() {
  $('results').setAttribute('aria-busy', 'true');
  const mine = ++latest;
  clearTimeout(timer);
  timer = setTimeout(() => ask(mine), 30);
}

async function ask(mine) {
  asking.abort();
  asking = new AbortController();
  const asked = question();
  let answer;
  try {
    const response = await fetch('plan', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(asked),
      signal: asking.signal,
    });
    answer = await response.json();
  } catch (error) {
    if (error.name === 'AbortError') return;
    answer = { error: 'The playground does not answer: is the program that served this page still running?' };
  }
  if (mine !== latest) return;
  show(answer, asked.kwargs);
  keep();
}

// ---- the fields ----

form.addEventListener('submit', (event) => event.preventDefault());
form.addEventListener('input', (event) => {
  switch (event.target.name) {
    case 'pattern': case 'prefix': case 'never': case 'sep':
      state.fromKwargs = false;
      break;
    case 'kwargs':
      state.fromKwargs = Boolean(event.target.value.trim());
      break;
    case 'kind':
      if ($('prefix').value === prefixOf(state.kind)) $('prefix').value = prefixOf(event.target.value);
      state.kind = event.target.value;
      break;
    case 'find': case 'sort':
      state.view[event.target.name] = event.target.value;
  }
  state.view.page = 0;
  grow();
  changed();
});

// Enter does not begin a second line. A line break in a pattern that was pasted stays, as it does
// in Airflow.
$('pattern').addEventListener('beforeinput', (event) => {
  if (event.inputType === 'insertLineBreak') event.preventDefault();
});

for (const chip of form.querySelectorAll('[data-pattern]')) {
  chip.addEventListener('click', () => {
    $('pattern').value = chip.dataset.pattern;
    state.fromKwargs = false;
    grow();
    changed();
  });
}

$('reread').addEventListener('click', () => {
  state.fromKwargs = true;
  $('kwargs').focus();
  changed();
});

// ---- the list of ids ----

// toRows scrolls to the list if its beginning is not on the screen.
function toRows() {
  const { top } = $('rows').getBoundingClientRect();
  if (top < 0 || top > innerHeight - 100) $('rowsTitle').scrollIntoView();
}

for (const filter of form.querySelectorAll('[data-show]')) {
  filter.addEventListener('click', () => {
    state.view.show = filter.dataset.show;
    state.view.page = 0;
    toRows();
    changed();
  });
}

$('pager').addEventListener('click', (event) => {
  const button = event.target.closest('button');
  if (!button || button.getAttribute('aria-disabled') === 'true') return;
  state.view.page = Number(button.dataset.page);
  toRows();
  changed();
});

// ---- links and copies ----

$('skip').addEventListener('click', (event) => {
  event.preventDefault(); // the fragment of the address holds the fields
  $('results').focus();
});

function copies(button, text, shown) {
  const label = button.textContent;
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(text());
      button.textContent = 'Copied';
      announce('Copied.');
    } catch {
      if (shown) { // select it, to be copied by hand
        shown.textContent = text();
        getSelection().selectAllChildren(shown);
      }
      button.textContent = 'Not allowed';
      announce('The browser does not allow it.');
    }
    setTimeout(() => { button.textContent = label; }, 1500);
  });
}
copies($('copyPaste'), pasteText, $('paste'));
copies($('copyLink'), () => location.href.split('#')[0] + fragment());

function restart() {
  load();
  Object.assign(state.view, { show: '', find: $('find').value = '', sort: $('sort').value = '', page: 0 });
  changed();
}

addEventListener('hashchange', restart);
addEventListener('resize', grow);
const isWide = matchMedia('(min-width: 801px)').matches;
// On a phone the results come first.
for (const id of ['idsBox', 'pasted', 'names', 'frequency']) $(id).open = isWide;
restart();
