(() => {
  const main = document.querySelector('main'), live = document.getElementById('live');
  const say = text => { if (live.textContent !== text) live.textContent = text; };
  const source = new EventSource(location.pathname.replace(/\/+$/, '') + '/events');
  source.onmessage = message => {
    const { ids, html } = JSON.parse(message.data);
    for (const old of [...main.children]) if (!ids.includes(old.id)) old.remove();
    let before = null;
    for (const id of ids) {
      let element = document.getElementById(id);
      if (id in html) {
        const made = document.createElement('template');
        made.innerHTML = html[id];
        const next = made.content.firstElementChild;
        if (element) element.replaceWith(next);
        element = next;
      }
      if (!element) continue;
      const place = before ? before.nextElementSibling : main.firstElementChild;
      if (place !== element) main.insertBefore(element, place);
      before = element;
    }
    say('live');
  };
  source.onerror = () => {
    say('not connected');
    if (source.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 5000);
  };
})();
