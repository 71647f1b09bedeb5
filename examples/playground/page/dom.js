// Helpers for the document. Whatever the page shows is text to the browser, never markup.

export const $ = (id) => document.getElementById(id);

// make builds an element; its children are elements or text.
export function make(name, className, ...children) {
  const element = document.createElement(name);
  if (className) element.className = className;
  element.append(...children);
  return element;
}

// say sets the text of an element, and hides it if there is none.
export function say(element, text) {
  element.textContent = text;
  element.hidden = !text;
}

const numbers = new Intl.NumberFormat('en-US');
const dollars = new Intl.NumberFormat('en-US', { style: 'currency', currency: 'USD' });
export const number = (n) => numbers.format(n);
export const money = (amount) => (amount > 0 && amount < 0.01 ? 'under $0.01' : dollars.format(amount));
export const count = (n, one, many) => `${number(n)} ${n === 1 ? one : many}`;

// announce waits until the typing stops, since a screen reader starts over at each change.
let soon = 0;
export function announce(text) {
  clearTimeout(soon);
  soon = setTimeout(() => { $('announce').textContent = text; }, 500);
}
