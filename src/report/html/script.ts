/** Filtering and sorting: all that the page does not do by itself. Held by hash in its CSP. */
export const SCRIPT = `
(() => {
  const $ = (selector, root = document) => [...root.querySelectorAll(selector)];
  document.documentElement.classList.add('js');
  const [text] = $('#text'), [level] = $('#level'), [shown] = $('#shown');
  const hosts = $('.host');
  const apply = () => {
    const words = text.value.toLowerCase().split(' ').filter(Boolean);
    let count = 0;
    for (const host of hosts) {
      const name = host.firstElementChild.textContent.toLowerCase();
      let any = false;
      for (const row of $('tbody tr', host)) {
        const all = name + ' ' + row.textContent.toLowerCase();
        row.hidden = (level.value && row.dataset.level !== level.value) || !words.every((word) => all.includes(word));
        if (!row.hidden) { any = true; count += 1; }
      }
      host.hidden = !any;
    }
    shown.textContent = count + ' of ' + $('.host tbody tr').length + ' ports';
  };
  if (text) { text.oninput = level.oninput = apply; apply(); }
  const keyOf = (row, column) => row.cells[column].dataset.key ?? row.cells[column].textContent;
  const compare = (a, b) => (isNaN(a) || isNaN(b) ? String(a).localeCompare(b) : a - b);
  for (const heading of $('.ports th')) {
    const button = document.createElement('button');
    button.append(...heading.childNodes);
    heading.append(button);
    button.onclick = () => {
      const down = heading.getAttribute('aria-sort') === 'ascending';
      for (const other of heading.parentNode.cells) other.removeAttribute('aria-sort');
      heading.setAttribute('aria-sort', down ? 'descending' : 'ascending');
      const body = heading.closest('table').tBodies[0];
      const rows = [...body.rows].sort((a, b) => compare(keyOf(a, heading.cellIndex), keyOf(b, heading.cellIndex)));
      body.append(...(down ? rows.reverse() : rows));
    };
  }
})();
`;

/** SHA-256 of SCRIPT, base64, for the page's Content-Security-Policy; a test holds it to SCRIPT. */
export const SCRIPT_SHA256 = 'MWVxneEq+qBmdprEkIthBc0vm87KwX3P8ekigEQw0PI=';
