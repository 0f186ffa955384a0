// What the page says, and what of it is new.

const MESSAGE = /error|alert|aviso|mensaje|message|msg|toast|notif|warning|invalid|danger|success|exito|snack|modal|flash|feedback|dialog/i;

const squeeze = (text) => (text ?? '').replace(/\s+/g, ' ').trim();
const linesOf = (element) => (element?.innerText ?? '').split('\n').map(squeeze).filter(Boolean);

let changed = performance.now();
let sequence = 0;
const appeared = []; // { sequence, text }, the newest 500

function say(text) {
  const said = squeeze(text);
  if (!said || said.length > 2000) return;
  appeared.push({ sequence: ++sequence, text: said });
  if (appeared.length > 500) appeared.shift();
}

function noticed(records) {
  changed = performance.now();
  for (const record of records) {
    if (record.type === 'childList') {
      for (const node of record.addedNodes) {
        const element = node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement;
        if (node.nodeType === Node.COMMENT_NODE || !element || element.matches('script, style, option, head *')) continue;
        if (!element.isConnected || !element.checkVisibility({ visibilityProperty: true })) continue;
        say(node.nodeType === Node.ELEMENT_NODE ? node.innerText : node.data);
      }
    } else if (record.type === 'characterData') {
      if (record.target.parentElement?.checkVisibility({ visibilityProperty: true })) say(record.target.data);
    } else {
      // Something short was perhaps shown that had been hidden.
      const element = record.target;
      if (element.textContent.length < 400 && element.matches?.(':not(input):not(select):not(option):not(button):not(label)')
        && element.checkVisibility({ visibilityProperty: true })) say(element.innerText);
    }
  }
}

const watching = new WeakSet();

function watch() {
  for (const doc of documents()) {
    if (watching.has(doc)) continue;
    watching.add(doc);
    changed = performance.now();
    new MutationObserver(noticed).observe(doc, {
      subtree: true, childList: true, characterData: true, attributes: true,
      attributeFilter: ['class', 'style', 'hidden', 'open', 'aria-hidden'],
    });
  }
}

function isMessage(element) {
  return /^(alert|status|dialog|alertdialog|log)$/.test(element.getAttribute('role') ?? '')
    || element.hasAttribute('aria-live') || element.tagName === 'DIALOG' || element.tagName === 'OUTPUT'
    || MESSAGE.test(element.id) || MESSAGE.test(element.getAttribute('class') ?? '');
}

function lines() {
  watch();
  return documents().flatMap((d) => linesOf(d.body ?? d.documentElement));
}

function markText() {
  return { lines: lines(), sequence };
}

// Lines that are not among `before`, each counted.
function beyond(now, before) {
  const counts = new Map();
  for (const line of before) counts.set(line, (counts.get(line) ?? 0) + 1);
  return now.filter((line) => {
    const left = counts.get(line) ?? 0;
    if (left > 0) counts.set(line, left - 1);
    return left === 0;
  });
}

// In the same document: what was not there, and what appeared meanwhile even if it is gone again.
// In another one: what was not there, and what stands in a message.
function newText(before, sameDocument, since) {
  const fresh = beyond(lines(), before);
  const more = sameDocument
    ? appeared.filter((a) => a.sequence > since).map((a) => a.text)
    : documents().flatMap((d) => all(d, 'body *').filter((e) => isMessage(e) && visible(e)).flatMap(linesOf));
  return [...fresh, ...more.filter((text) => !fresh.includes(text))];
}

const BUSY = '[aria-busy=true], .spinner, .loading, .loader, .blockUI, .blockOverlay, [class*=cargando i], progress:not([value])';

// Milliseconds since the page last changed; whether it is whole and shows no loading mark.
function quiet() {
  watch();
  return {
    quiet_ms: performance.now() - changed,
    whole: documents().every((d) => d.readyState === 'complete'),
    busy: everywhere(BUSY).some(visible),
  };
}
