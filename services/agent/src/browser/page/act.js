// What must hold before an action, and the parts of one that only a script can do.

const frame = () => new Promise((done) => {
  const late = setTimeout(done, 250); // a tab in the background paints no frames
  requestAnimationFrame(() => { clearTimeout(late); done(); });
});

// Where the frames around a document stand in the viewport.
function offset(element) {
  let x = 0;
  let y = 0;
  for (let view = element.ownerDocument.defaultView; view && view !== globalThis.window; view = view.parent) {
    const around = view.frameElement;
    if (!around) break;
    const box = around.getBoundingClientRect();
    x += box.left + around.clientLeft;
    y += box.top + around.clientTop;
  }
  return { x, y };
}

const sameBox = (a, b) => a.left === b.left && a.top === b.top && a.width === b.width && a.height === b.height;

const disabled = (element) => element.matches(':disabled')
  || element.closest('[aria-disabled=true]') !== null || element.closest('[inert]') !== null;

function readOnly(element) {
  if (element.isContentEditable) return false;
  if (element.matches('input, textarea')) return element.readOnly;
  return !element.matches('select');
}

// The deepest element at a point of the viewport, through shadow roots and own frames.
function at(x, y) {
  let root = document;
  for (;;) {
    const hit = root.elementFromPoint(x, y);
    if (!hit) return null;
    if (hit.shadowRoot && hit.shadowRoot.elementFromPoint(x, y) && hit.shadowRoot.elementFromPoint(x, y) !== hit) {
      root = hit.shadowRoot;
      continue;
    }
    let inner = null;
    try { inner = hit.matches('iframe, frame') ? hit.contentDocument : null; } catch { /* another site's */ }
    if (!inner) return hit;
    const box = hit.getBoundingClientRect();
    x -= box.left + hit.clientLeft;
    y -= box.top + hit.clientTop;
    root = inner;
  }
}

function within(node, element) {
  for (let n = node; n; n = n.parentNode ?? n.host) if (n === element) return true;
  return false;
}

const receives = (hit, element) => hit !== null
  && (within(hit, element) || hit.closest?.('label')?.control === element);

// Whether an element can be acted on now; `mode` is click, fill, choose or see.
async function ready(key, mode) {
  const element = taken(key);
  if (!element) return { gone: true };
  if (!visible(element)) return { why: 'it is not visible' };
  element.scrollIntoView({ block: 'center', inline: 'center', behavior: 'instant' });
  const first = element.getBoundingClientRect();
  await frame();
  const second = element.getBoundingClientRect();
  await frame();
  if (!element.isConnected) return { gone: true };
  const box = element.getBoundingClientRect();
  if (!visible(element)) return { why: 'it is not visible' };
  if (!sameBox(first, second) || !sameBox(second, box)) return { why: 'it is moving' };
  if (mode !== 'see' && disabled(element)) return { why: 'it is disabled' };
  if ((mode === 'fill' || mode === 'choose') && readOnly(element)) return { why: 'it is read-only' };
  const shift = offset(element);
  const view = element.ownerDocument.defaultView;
  const left = Math.max(box.left, 0);
  const top = Math.max(box.top, 0);
  const right = Math.min(box.right, view.innerWidth);
  const bottom = Math.min(box.bottom, view.innerHeight);
  const x = (left + right) / 2 + shift.x;
  const y = (top + bottom) / 2 + shift.y;
  if (mode === 'click') {
    if (right <= left || bottom <= top) return { why: 'it is out of sight' };
    const hit = at(x, y);
    if (!receives(hit, element)) {
      const over = hit ? hit.tagName.toLowerCase() + (hit.id ? `#${hit.id}` : '') : 'nothing';
      return { why: `it is covered by ${over}` };
    }
  }
  return {
    x, y, left: box.left + shift.x, top: box.top + shift.y, width: box.width, height: box.height,
    scroll_x: scrollX, scroll_y: scrollY,
  };
}

// Inputs whose value is set whole: no text can be typed into them.
const WHOLE = ['date', 'time', 'month', 'week', 'datetime-local', 'color', 'range'];

const fire = (element, ...types) => {
  for (const type of types) element.dispatchEvent(new Event(type, { bubbles: true, composed: true }));
};

// Focuses a control and selects what is in it. Tells how it takes a value.
function grab(key, topOnly) {
  const element = taken(key);
  if (!element) return { gone: true };
  if (topOnly && element.ownerDocument !== document) return { why: 'it is in a frame' };
  element.focus({ preventScroll: true });
  let active = element.ownerDocument.activeElement;
  while (active?.shadowRoot?.activeElement) active = active.shadowRoot.activeElement;
  if (active !== element) return { why: 'it does not take the focus' };
  if (element.tagName === 'INPUT' && WHOLE.includes(element.type)) return { kind: element.type };
  if (element.matches('input, textarea')) {
    element.select();
    return { kind: 'text', empty: element.value === '' };
  }
  const doc = element.ownerDocument;
  doc.getSelection().selectAllChildren(element);
  return { kind: 'text', empty: element.textContent === '' };
}

function put(key, value) {
  const element = taken(key);
  if (!element) return { gone: true };
  const proto = element.ownerDocument.defaultView.HTMLInputElement.prototype;
  Object.getOwnPropertyDescriptor(proto, 'value').set.call(element, value);
  fire(element, 'input', 'change');
  return {};
}

function value(key) {
  const element = taken(key);
  if (!element) return null;
  return element.isContentEditable ? element.innerText : element.value ?? element.textContent;
}

// Why a secret is not typed into a control of this very document, or null.
function unfit(element, dots) {
  if (element.ownerDocument !== document) return 'it is in a frame';
  if (element.tagName !== 'INPUT' || WHOLE.includes(element.type)) return 'nothing is typed into it';
  return dots && element.type !== 'password' ? 'it would show the secret' : null;
}

// Types a secret into a control of this very document while it is on that origin, or does nothing.
// All in one turn: nothing but what the page does on getting the focus can come between the look and
// the typing, and after that it is looked at again.
function secret(key, origin, dots, text) {
  if (location.origin !== origin || self.origin !== origin || window !== window.top) return { elsewhere: self.origin };
  const element = taken(key);
  if (!element) return { gone: true };
  const before = unfit(element, dots);
  if (before) return { why: before };
  element.focus({ preventScroll: true });
  if (!element.isConnected) return { gone: true };
  const now = unfit(element, dots);
  if (now) return { why: now };
  let active = document.activeElement;
  while (active?.shadowRoot?.activeElement) active = active.shadowRoot.activeElement;
  if (active !== element) return { why: 'it does not take the focus' };
  element.select();
  document.execCommand('insertText', false, text);
  // One that is empty at once was taken by the page, or dropped: who knows.
  const same = dots ? element.value === text : element.value.toLowerCase() === text.toLowerCase();
  return { kept: same || element.value === '' };
}

function filled(key) {
  const element = taken(key);
  return element !== null && element.value !== '';
}

// Which option one of the candidates means: its value or code, then its text.
function option(element, candidates) {
  const options = [...element.options].filter((o) => !o.disabled);
  const starts = (text, code) => text === code
    || (text.startsWith(code) && !/[\p{L}\p{N}]/u.test(text.charAt(code.length)));
  const tests = [
    (o, c) => o.value === c,
    (o, c) => starts(plain(o.value), c) || starts(plain(o.label), c),
    (o, c) => plain(o.label) === c,
    (o, c) => plain(o.label).includes(c) && c.length > 3,
  ];
  for (const candidate of candidates) {
    for (const [i, test] of tests.entries()) {
      const found = options.filter((o) => test(o, i === 0 ? candidate : plain(candidate)));
      if (found.length >= 1 && plain(candidate)) return found[0];
    }
  }
  return null;
}

function choose(key, candidates) {
  const element = taken(key);
  if (!element) return { gone: true };
  if (element.tagName !== 'SELECT') return { why: 'it is not a list' };
  const found = option(element, candidates);
  if (!found) return { options: element.options.length };
  element.focus({ preventScroll: true });
  if (element.selectedIndex !== found.index) {
    element.selectedIndex = found.index;
    fire(element, 'input', 'change');
  }
  return { value: found.value, text: found.label };
}

function chosen(key) {
  const element = taken(key);
  const option = element?.selectedOptions?.[0];
  return option ? { value: option.value, text: option.label } : null;
}

function focused() {
  let active = document.activeElement;
  for (;;) {
    let inner = active?.shadowRoot?.activeElement;
    try { inner ??= active?.contentDocument?.activeElement; } catch { /* another site's */ }
    if (!inner) return active;
    active = inner;
  }
}

// The button that Enter presses in a form.
const defaultButton = (form) => [...form.querySelectorAll('button, input[type=submit], input[type=image]'),
  ...[...form.elements].filter((e) => e.form === form)]
  .find((e) => /^(submit|image)$/.test(e.type)) ?? null;

// Whether a press at a point, or Enter or space on the focused element, presses one of the buttons.
function wouldPress(finals, press) {
  const buttons = finals.flatMap(matches);
  const isFinal = (element) => buttons.some((b) => element && (within(element, b) || within(b, element) && b !== element && element.matches('label')));
  if (press.point) {
    const hit = at(press.point[0], press.point[1]);
    return isFinal(hit) || isFinal(hit?.closest?.('label')?.control);
  }
  const active = focused();
  if (isFinal(active)) return true;
  if (!press.enter || !active || active.matches('textarea, a[href], button') || active.isContentEditable) return false;
  return active.form ? isFinal(defaultButton(active.form)) : false;
}
