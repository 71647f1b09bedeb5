// Helpers for the document. Whatever the page shows is text to the browser, never markup.

export const $ = (id) => document.getElementById(id);

// make builds an element; its children are elements or text.
export function make(name, className, ...children) {
  const element = document.createElement(name);
  if (className) element.className = className;
  element.append(...children);
  return element;
}

// insteadOf shows what a finding says to write: words, or a pattern.
export function insteadOf({ instead }) {
  return instead.includes(' ') ? instead : make('code', '', instead);
}

// say sets the text of an element, and hides it if there is none.
export function say(element, text) {
  element.textContent = text;
  element.hidden = !text;
}

const numbers = new Intl.NumberFormat('en-US');
const usd = { style: 'currency', currency: 'USD' };
const dollars = new Intl.NumberFormat('en-US', usd);
const short = { notation: 'compact', maximumFractionDigits: 1 };
const shortNumbers = new Intl.NumberFormat('en-US', short);
const shortDollars = new Intl.NumberFormat('en-US', { ...usd, ...short });

// Numbers that nobody counts to are shortened, so that they fit on a phone.
export const number = (n) => (n < 1e10 ? numbers : shortNumbers).format(n);
export function money(amount) {
  if (amount > 0 && amount < 0.01) return 'under $0.01';
  return (amount < 1e7 ? dollars : shortDollars).format(amount);
}
export const count = (n, one, many) => `${number(n)} ${n === 1 ? one : many}`;

// announce waits until the typing stops, since a screen reader starts over at each change.
let soon = 0;
export function announce(text) {
  clearTimeout(soon);
  soon = setTimeout(() => { $('announce').textContent = text; }, 500);
}
