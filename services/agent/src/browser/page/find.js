// Finding controls as a reader of the page would: by what is visible near them.
// Runs in a world of its own: the page sees neither this script nor its names.

const plain = (text) => (text ?? '')
  .normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()
  .replace(/[*:#.]/g, ' ').replace(/\s+/g, ' ').trim();

// Documents of this page, those of frames of the same origin included.
function documents(root = document) {
  const found = [root];
  for (const frame of root.querySelectorAll('iframe, frame')) {
    let inner = null;
    try { inner = frame.contentDocument; } catch { /* another site's */ }
    if (inner?.documentElement && visible(frame)) found.push(...documents(inner));
  }
  return found;
}

// All elements of a selector, open shadow roots included.
function all(root, selector) {
  const found = [...root.querySelectorAll(selector)];
  for (const element of root.querySelectorAll('*')) {
    if (element.shadowRoot) found.push(...all(element.shadowRoot, selector));
  }
  return found;
}

const everywhere = (selector) => documents().flatMap((d) => all(d, selector));

function visible(element) {
  if (!element.isConnected || !element.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true })) return false;
  const box = element.getBoundingClientRect();
  return box.width > 0 && box.height > 0;
}

const CONTROLS = 'input:not([type=hidden]):not([type=submit]):not([type=button]):not([type=reset])'
  + ':not([type=image]), select, textarea, [contenteditable=""], [contenteditable=true],'
  + ' [role=textbox], [role=combobox], [role=searchbox], [role=spinbutton]';
const BUTTONS = 'button, input[type=submit], input[type=button], input[type=image], input[type=reset],'
  + ' [role=button], summary';

// Text of a label without the controls and lists within it.
function textWithout(node) {
  if (node.nodeType === Node.TEXT_NODE) return node.data;
  if (node.nodeType !== Node.ELEMENT_NODE) return '';
  if (/^(SELECT|TEXTAREA|SCRIPT|STYLE|INPUT|BUTTON|NOSCRIPT)$/.test(node.tagName)) return ' ';
  return [...node.childNodes].map(textWithout).join('');
}

const byIds = (element, ids) => (ids ?? '').split(/\s+/).filter(Boolean)
  .map((id) => element.getRootNode().getElementById?.(id)).filter(Boolean);

// What stands before a control: in its line, its cell's row, its definition list.
function preceding(element) {
  let node = element;
  for (let up = 0; up < 4 && node && node.tagName !== 'FORM' && node.tagName !== 'BODY'; up++) {
    for (let before = node.previousSibling; before; before = before.previousSibling) {
      if (before.nodeType === Node.ELEMENT_NODE
        && (before.matches(CONTROLS) || before.querySelector(CONTROLS))) return '';
      const text = plain(textWithout(before));
      if (text) return text;
    }
    node = node.parentElement;
  }
  return '';
}

// Names of a control, the surest first.
function names(element) {
  const labels = [...(element.labels ?? [])].map(textWithout);
  const described = byIds(element, element.getAttribute('aria-labelledby')).map(textWithout);
  return [
    [...labels, ...described, element.getAttribute('aria-label')],
    [element.getAttribute('placeholder'), element.getAttribute('title')],
    [preceding(element)],
  ].map((tier) => tier.map(plain).filter(Boolean));
}

function byLabel(wanted) {
  const controls = everywhere(CONTROLS).filter(visible).map((e) => [e, names(e)]);
  const pick = (test) => controls.filter(test).map(([e]) => e);
  for (const tier of [0, 1, 2]) {
    const exact = pick(([, n]) => n[tier].includes(wanted));
    if (exact.length) return exact;
  }
  for (const tier of [0, 1, 2]) {
    const part = pick(([, n]) => n[tier].some((t) => t.includes(wanted)));
    if (part.length) return part;
  }
  return [];
}

function nameOf(element) {
  const image = element.querySelector?.('img[alt]');
  const own = [element.getAttribute('aria-label'), element.innerText,
    element.tagName === 'INPUT' ? element.value || element.alt : '',
    image?.alt, element.getAttribute('title'),
    ...byIds(element, element.getAttribute('aria-labelledby')).map((e) => e.innerText)];
  return own.map(plain).filter(Boolean);
}

function byName(selectors, wanted) {
  for (const selector of selectors) {
    const named = everywhere(selector).filter(visible).map((e) => [e, nameOf(e)]);
    const exact = named.filter(([, n]) => n.includes(wanted));
    if (exact.length) return exact.map(([e]) => e);
    const part = named.filter(([, n]) => n.some((t) => t.includes(wanted)));
    if (part.length) return part.map(([e]) => e);
  }
  return [];
}

const ownText = (element) => plain([...element.childNodes]
  .filter((n) => n.nodeType === Node.TEXT_NODE).map((n) => n.data).join(' '));

function byXpath(path) {
  return documents().flatMap((d) => {
    const found = d.evaluate(path, d, null, XPathResult.ORDERED_NODE_SNAPSHOT_TYPE, null);
    return Array.from({ length: found.snapshotLength }, (_, i) => found.snapshotItem(i));
  }).filter((n) => n.nodeType === Node.ELEMENT_NODE);
}

// All elements a locator means, visible ones only.
function matches(locator) {
  const [[kind, given]] = Object.entries(locator);
  const wanted = plain(given);
  const find = {
    label: () => byLabel(wanted),
    button: () => byName([BUTTONS, 'a[class*=btn i], a[class*=button i], a[class*=boton i]'], wanted),
    link: () => byName(['a[href], [role=link], a'], wanted),
    id: () => everywhere(`#${CSS.escape(given)}`),
    name: () => everywhere(`[name="${CSS.escape(given)}"]`),
    css: () => everywhere(given),
    xpath: () => byXpath(given),
    text: () => everywhere('body *:not(script):not(style):not(noscript):not(option)')
      .filter((e) => ownText(e).includes(wanted)),
  }[kind];
  try {
    return find().filter(visible);
  } catch (error) {
    if (error instanceof DOMException) return []; // a selector this page's engine can't read
    throw error;
  }
}

// Found elements by number. The page never sees the numbers.
const kept = new Map();
const keyOf = new WeakMap();
let keys = 0;

function keep(element) {
  let key = keyOf.get(element);
  if (!key) {
    key = ++keys;
    keyOf.set(element, key);
  }
  kept.set(key, new WeakRef(element));
  return key;
}

const taken = (key) => {
  const element = kept.get(key)?.deref();
  return element?.isConnected ? element : null;
};

// The one element of a cascade: the first locator that means exactly one decides.
function find(cascade) {
  let several = 0;
  for (const locator of cascade) {
    const found = matches(locator);
    if (found.length === 1) return { key: keep(found[0]), count: 1 };
    several ||= found.length;
  }
  return { key: 0, count: several };
}

const exists = (cascade) => cascade.some((l) => matches(l).length > 0);
const has = (key) => taken(key) !== null;
