// What the panel does better with script; nothing needs it. Times stand in the reader's zone. Lists are paged, sorted and narrowed down in place, and
// follow what happens (GET /admin/live). Pages are made by the server alone; here one is made out of another.
(() => {
    'use strict';
    const main = document.getElementById('main');
    const live = document.getElementById('live');
    const told = document.getElementById('told');
    const REFRESH_EVERY = 3000, COME_AGAIN_AFTER = 10000;

    // "/" leads to the search box, unless it is being typed into a field.
    addEventListener('keydown', event => {
        const typing = event.target.closest?.('input, select, textarea');
        if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || typing) return;
        const box = document.getElementById('sought');
        event.preventDefault();
        box.focus();
        box.select();
    });

    // What a bar of a chart says, from the table below it, whose lines are the slots that have bars.
    addEventListener('pointerover', event => {
        const bar = event.target.closest?.('.plot rect');
        if (!bar || bar.firstChild) return;
        const chart = bar.closest('.chart'), x = of => +of.getAttribute('x');
        const slots = [...new Set([...chart.querySelectorAll('.plot rect')].map(x))].sort((a, b) => a - b);
        const [time, ...numbers] = chart.querySelectorAll('tbody tr')[slots.indexOf(x(bar))].cells;
        const heads = [...chart.querySelectorAll('th')].slice(1);
        const title = document.createElementNS(bar.namespaceURI, 'title');
        title.textContent = heads.reduce((told, head, at) =>
            `${told}, ${head.textContent}: ${numbers[at].textContent}`, time.textContent);
        bar.append(title);
    });

    // Times in the reader's zone, named as in the page's language, to what they are told to; in UTC and exactly on a
    // closer look, by their titles.
    const zoned = new Intl.DateTimeFormat(document.documentElement.lang, {
        hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit',
        hour: '2-digit', minute: '2-digit', second: '2-digit', timeZoneName: 'short',
    });
    function tellTimes(within) {
        for (const time of within.querySelectorAll('time')) {
            const at = {};
            for (const { type, value } of zoned.formatToParts(new Date(time.dateTime))) at[type] = value;
            const seconds = /:..:/.test(time.textContent) ? `:${at.second}` : '';
            time.textContent = `${at.year}-${at.month}-${at.day} ${at.hour}:${at.minute}${seconds} ${at.timeZoneName}`;
        }
    }
    tellTimes(main);

    // Only pages that can be asked for again; an answer to a form is none.
    if (!('live' in main.dataset)) return;

    // Forms that somebody has begun to fill in stay as they are, and what they are in stays.
    const touched = new Set();
    for (const name of ['input', 'change'])
        addEventListener(name, event => event.target.form && touched.add(event.target.form));
    addEventListener('reset', event => touched.delete(event.target));
    const holds = node => [...touched, document.activeElement?.closest('form')].some(form => form && node.contains(form));

    // Where the keyboard is, in words that hold for another page as well.
    function place(asked) {
        const at = document.activeElement;
        if (!main.contains(at) || at === main) return () => {};
        const words = of => [of.tagName, of.id, of.textContent.trim(), asked || of.getAttribute('href')].join(' ');
        const was = words(at), pages = at.closest('.pager');
        const alike = () => [...main.querySelectorAll(at.tagName)].filter(it => words(it) === was);
        const index = alike().indexOf(at);
        const beside = () => pages && (main.querySelector('.pager a[rel]') ?? main.querySelector('.pager a'));
        return () => {
            const now = document.activeElement;
            if (now === at && words(now) === was) return;
            const found = alike();
            const next = found[index] ?? found[0] ?? (asked && (beside() ?? main));
            main.tabIndex = -1;
            next?.focus?.({ preventScroll: true });
        };
    }

    let turn = 0, shown = location.pathname + location.search, asking = 0;

    // Makes this page that of another address. Whatever goes wrong is for the caller: the address itself still works.
    // `asked` by somebody, and not by the page itself, which does not keep the session.
    async function show(address, asked) {
        const mine = ++turn;
        const headers = asked ? {} : { 'X-By-Itself': '1' };
        const answer = await fetch(address, { headers, redirect: 'manual' });
        if (answer.type === 'opaqueredirect') throw new Error('signed out');
        const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
        if (mine !== turn) return false;
        const anew = page.getElementById('main');
        const token = of => of.querySelector('input[name=csrf]')?.value;
        if (anew?.dataset.live !== main.dataset.live || token(page) !== token(document) || !(asked || answer.ok))
            throw new Error('another page');
        tellTimes(anew);
        const back = place(asked);
        document.title = page.title;
        Idiomorph.morph(main, anew.childNodes, {
            morphStyle: 'innerHTML',
            callbacks: {
                beforeNodeMorphed: node => asked || node.tagName !== 'FORM' || !holds(node),
                beforeNodeRemoved: node => asked || !holds(node),
                // What was unfolded on this page stays so.
                beforeAttributeUpdated: (name, node) => asked || name !== 'open' || node.tagName !== 'DETAILS',
            },
        });
        if (asked) touched.clear();
        back();
        return true;
    }

    // How many lines there are now, and from which to which.
    function tell() {
        if (!main.querySelector('form.filters')) return;
        const lines = [...main.querySelectorAll('tbody tr')];
        const name = line => line.querySelector('td').innerText.split('\n')[0];
        told.textContent = lines.length
            ? told.dataset.lines.replace('{lines}', lines.length)
                .replace('{first}', () => name(lines[0])).replace('{last}', () => name(lines.at(-1)))
            : main.querySelector('p.quiet')?.textContent ?? '';
    }

    // Somebody goes to another page of this list.
    async function go(address, pressed) {
        asking++;
        main.ariaBusy = 'true';
        try {
            if (!await show(address, true)) return;
        } catch {
            location.assign(address);
            return;
        } finally {
            asking--;
            main.ariaBusy = null;
        }
        if (pressed) {
            if (address !== location.href) history.pushState(null, '', address);
            const from = pressed.closest('.pager') && (pressed.closest('section') ?? main.querySelector('table'));
            if (from?.getBoundingClientRect().top < 0) from.scrollIntoView();
        }
        shown = location.pathname + location.search;
        tell();
    }

    const here = url => url.origin === location.origin && url.pathname === location.pathname && !url.hash;

    addEventListener('click', event => {
        const link = event.target.closest?.('#main a[href]');
        const plain = !event.button && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
        if (!link || !plain || event.defaultPrevented || !here(new URL(link.href))) return;
        event.preventDefault();
        go(link.href, link);
    });

    addEventListener('submit', event => {
        // A field may be called "action", and stands before the form's own then.
        const form = event.target, url = new URL(form.getAttribute('action') ?? '', location.href);
        if (form.getAttribute('method') !== 'get' || !main.contains(form) || !here(url)) return;
        event.preventDefault();
        url.search = new URLSearchParams(new FormData(form));
        go(url.href, form);
    });

    addEventListener('popstate', () => {
        if (shown !== location.pathname + location.search) go(location.href, null);
    });

    let stream, soon, last = 0, missed = false;

    const say = word => {
        live.dataset.is = word;
        live.textContent = word && live.dataset[word];
        live.hidden = !word;
        if (word === 'lost' || word === 'out') told.textContent = live.textContent;
    };

    function leave() {
        stream?.close();
        stream = null;
    }

    // There is something new: looked at once in a while, and not while somebody goes elsewhere.
    function refresh() {
        soon ??= setTimeout(async () => {
            soon = null;
            if (asking) return refresh();
            last = Date.now();
            try {
                await show(location.href, false);
            } catch (error) {
                if (error.message !== 'signed out') return;
                leave();
                say('out');
            }
        }, Math.max(asking ? 100 : 0, last + REFRESH_EVERY - Date.now()));
    }

    function follow() {
        if (stream || document.hidden || live.dataset.is === 'out') return;
        stream = new EventSource('/admin/live');
        stream.onopen = () => {
            say('live');
            if (missed) refresh();
            missed = true;
        };
        stream.onmessage = event => {
            if (event.data.split(' ').some(topic => main.dataset.live.split(' ').includes(topic))) refresh();
        };
        stream.onerror = () => {
            if (live.dataset.is !== 'lost') say('lost');
            if (stream.readyState !== EventSource.CLOSED) return;
            // Refused: too many look, or nobody is signed in any more.
            leave();
            refresh();
            setTimeout(follow, COME_AGAIN_AFTER);
        };
    }

    // A page that nobody sees needs no stream.
    addEventListener('visibilitychange', () => document.hidden ? leave() : follow());
    addEventListener('pagehide', leave);
    addEventListener('pageshow', follow);
})();
