#!/usr/bin/env python3
"""inject.py send MTA PORT|SENDMAIL: hand in the cases of cases.txt
inject.py name MTA CAUGHT OUT: name what came back; what answers no case is called other-*
inject.py table TESTDATA: what lies in TESTDATA/MTA/*.eml and what provoked it, as Markdown

Case N is sent from b+N@origin.example, so that a report tells by its recipient which case it belongs to.
"""
import email.charset, glob, json, os, re, shutil, smtplib, subprocess, sys, time
from email.message import EmailMessage
from email.utils import formatdate

HERE = os.path.dirname(os.path.abspath(__file__))
LETTERS = {'postfix': 'p', 'exim': 'e', 'sendmail': 's', 'opensmtpd': 'o', 'courier': 'c', 'dma': 'd', 'nullmailer': 'n'}
PARA = {'en': 'Dear reader,\n\nthe autumn list is out: three new books on beekeeping, one on rivers.\nOrders until Friday leave the house on Monday.\n\nKind regards\nThe Origin Book Shop\n',
        'de': 'Grüße aus der Buchhandlung,\n\nunsere Öffnungszeiten ändern sich: ab März schließen wir schon um fünf.\nWir freuen uns auf Ihren Besuch und wünschen schöne Tage.\n',
        'ja': 'いつもお世話になっております。\n秋の新刊案内をお送りします。\nどうぞよろしくお願いいたします。\n'}


def built(subject='Autumn list', body=PARA['en'], **headers):
    m = EmailMessage()
    m['Subject'] = subject
    for k, v in headers.items():
        m[k.replace('_', '-')] = v
    m.set_content(body)
    return m


def raw(text, enc='ascii'):
    return text.encode(enc)


def original(kind, n, to):
    """The message of a case, without the headers that all have."""
    html = '<html><body><h1>Autumn list</h1><p>Three new books &amp; a <a href="http://shop.example/?c=%d">map</a>.</p></body></html>' % n
    if kind == 'alternative':                             # a campaign, as newsletter tools write it
        m = built(List_Id='Autumn readers <autumn.shop.example>', List_Unsubscribe='<https://shop.example/u/%d>, <mailto:unsub+%d@origin.example>' % (n, n),
                  List_Unsubscribe_Post='List-Unsubscribe=One-Click', X_Campaign_Id='autumn-24', X_Contact_Id='c-%d' % (4000 + n), Precedence='bulk')
        m.add_alternative(html, subtype='html')
    elif kind == 'html':
        m = EmailMessage()
        m['Subject'], m['X-Contact-Id'] = 'Ihre Rechnung Nr. %d für März' % n, '%d' % (9000 + n)
        m.set_content(html, subtype='html', cte='base64')
    elif kind == 'utf8':
        return raw('Subject: =?UTF-8?Q?Neue_=C3=96ffnungszeiten?=\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n' + PARA['de'], 'utf8')
    elif kind == 'latin1':
        return raw('Subject: Öffnungszeiten, geändert\nMIME-Version: 1.0\nContent-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: 8bit\n\n' + PARA['de'], 'latin1')
    elif kind == 'japanese':
        return raw('Subject: =?ISO-2022-JP?B?GyRCPSkkTjczNC8wRkZiGyhC?=\nMIME-Version: 1.0\nContent-Type: text/plain; charset=ISO-2022-JP\n\n' + PARA['ja'], 'iso2022_jp')
    elif kind == 'long':                                  # long and folded headers, many references
        refs = '\n '.join('<%08d.thread.%d@desk.origin.example>' % (k * 7919, k) for k in range(24))
        return raw('Subject: Re: [Desk #%d] the lamp in the reading room flickers, the second one from the left,\n and the one beside the door hums when it rains\n'
                   'References: %s\nIn-Reply-To: <%08d.thread.23@desk.origin.example>\nDKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=origin.example;\n\ts=k1; h=from:to:subject:date; bh=%s=;\n\tb=%s\n %s==\n\n%s' % (n, refs, 23 * 7919, 'q' * 43, 'Ab9' * 22, 'Zz0' * 20, PARA['en']))
    elif kind == 'bare':                                  # neither Message-ID nor Date nor a subject
        return raw('From: printer@origin.example\n\nTray 2 is empty.\n')
    elif kind == 'odd':                                   # headers shouted, one empty, one with tabs, one twice
        return raw('SUBJECT:Stock count %d\nMESSAGE-ID:<STOCK.%d@ORIGIN.EXAMPLE>\nX-MAILER:\tQUICKMAIL\t2.1\nX-EMPTY:\nx-list: a\nx-list: b\nMIME-VERSION:1.0\nCONTENT-TYPE:TEXT/PLAIN;CHARSET="US-ASCII"\n\nALL COUNTED.\n' % (n, n))
    elif kind == 'big':
        m = built('Photos')
        m.add_attachment(bytes(k * 7 % 251 for k in range(300000)), 'image', 'jpeg', filename='river.jpg')
    elif kind == 'medium':
        m = built('Price list', '\n'.join('%04d  a book about things, volume %d, bound in linen' % (k, k % 9) for k in range(460)) + '\n')
    elif kind == 'reply':                                 # a helpdesk answer
        m = built('Re: [#%d] My order has not come' % (7000 + n), 'Hello,\n\nit was sent on Tuesday.\n\n> It has not come, where is it?\n',
                  In_Reply_To='<order.%d@customer.example.net>' % n, References='<order.0@customer.example.net> <order.%d@customer.example.net>' % n,
                  X_Ticket_Id='%d' % (7000 + n), Reply_To='desk+%d@origin.example' % n)
    elif kind == 'calendar':
        m = built('Invitation: reading group')
        m.add_alternative('BEGIN:VCALENDAR\nVERSION:2.0\nMETHOD:REQUEST\nBEGIN:VEVENT\nUID:rg-%d@origin.example\nDTSTART:20250301T180000Z\nSUMMARY:Reading group\nEND:VEVENT\nEND:VCALENDAR\n' % n, subtype='calendar')
        m.add_attachment('name,copies\nRivers,3\n', subtype='csv', filename='list.csv')
    elif kind == 'quoting':                               # talks about a bounce: none of this is about its recipient
        m = built('Fwd: Undelivered Mail Returned to Sender', 'Please take this reader off the list:\n\n<not-this-one@quoted.example>: host mx.quoted.example said: 550 5.1.1 User\n    unknown (in reply to RCPT TO command)\n\n'
                  'Final-Recipient: rfc822; not-this-one@quoted.example\nAction: failed\nStatus: 5.1.1\n\n----- The following addresses had permanent fatal errors -----\n<nor-this@quoted.example>\n')
    elif kind == 'longline':
        return raw('Subject: one line\n\n' + 'word ' * 400 + '\n.\n..two dots\nFrom here on a mbox might stumble\n--boundary-like\n')
    elif kind == 'emoji':
        return raw('Subject: Grüße 🐝 aus dem Laden\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n' + PARA['de'], 'utf8')
    elif kind == 'looping':
        return raw(''.join('Received: from hop%d.example by hop%d.example; Mon, 4 Nov 2024 09:%02d:00 +0000\n' % (k, k + 1, k) for k in range(110)) + 'Subject: round and round\n\n' + PARA['en'])
    else:
        m = built()
    email.charset.add_charset('utf-8', email.charset.SHORTEST, email.charset.BASE64)
    return m.as_bytes()


def cases(mta):
    """(number, names, kind, options, recipients) of each line of cases.txt that is for this MTA."""
    letter = LETTERS[mta.removesuffix('-b')]
    letter = letter.upper() if mta.endswith('-b') else letter
    only = os.environ.get('ONLY', '').split() or [str(k) for k in range(9999)]
    for n, line in enumerate(open(os.path.join(HERE, 'cases.txt'), encoding='utf8'), 1):
        f = [x.strip() for x in line.split('#')[0].split('|')]
        if len(f) == 5 and letter in f[0] and str(n) in only:
            yield n, f[1].split(), f[2], dict(o.partition('=')[::2] for o in f[3].split()), f[4].split()


def send(mta, door):
    for n, names, kind, o, rcpts in cases(mta):
        body = original(kind, n, rcpts[0])
        head = b'' if kind == 'bare' else 'From: {}\nTo: {}\n'.format(o.get('header', 'Book Shop <news@origin.example>').replace('_', ' '), ', '.join(rcpts)).encode()
        if kind not in ('bare', 'odd'):
            head += 'Message-ID: <{}.{}@origin.example>\nDate: {}\n'.format(n, int(time.time()), formatdate(localtime=True)).encode()
        sender = o.get('from', 'b+%d@origin.example') % n
        data = (head + body).replace(b'\r\n', b'\n')
        try:
            if door.isdigit() and 'sendmail' not in o:
                with smtplib.SMTP('127.0.0.1', int(door), 'desk.origin.example', timeout=60) as s:
                    s.ehlo()
                    dsn, eight = s.has_extn('dsn'), ['BODY=8BITMIME'] * s.has_extn('8bitmime')
                    if 'utf8' in o:
                        s.command_encoding = 'utf-8'
                    c, t = s.mail(sender, eight + ['SMTPUTF8'] * ('utf8' in o) + [x for x in ('RET=' + o.get('ret', ''), 'ENVID=' + o.get('envid', '')) if dsn and x[-1] != '='])
                    for r in rcpts:
                        if c < 400:
                            d, e = s.rcpt(r, [x for x in ('NOTIFY=' + o.get('notify', ''), 'ORCPT=' + o.get('orcpt', '')) if dsn and x[-1] != '='])
                            if d >= 400:
                                print(n, names, r, d, e)
                    c, t = s.data(data.replace(b'\n', b'\r\n')) if c < 400 else (c, t)
                    if c >= 400:
                        print(n, names, c, t)
            else:
                cmd = ['chroot', os.environ['TREE']] + ['/usr/sbin/sendmail'] + ['-Am', '-oem'] * mta.startswith('sendmail') + ['-i', '-f', sender]
                for opt, key in ('-N', 'notify'), ('-R', 'ret'), ('-V', 'envid'):
                    cmd += [opt, o[key]] if key in o else []
                p = subprocess.run(cmd + rcpts, input=data, capture_output=True)
                if p.returncode:
                    print(n, names, p.returncode, p.stdout, p.stderr)
        except (OSError, smtplib.SMTPException) as e:
            print(n, names, repr(e))


def name(mta, caught, out):
    got = {}
    for p in sorted(glob.glob(caught + '/*.eml')):
        got.setdefault(int(re.search(r'\+(\d+)\.eml$', p)[1]) if re.search(r'\+(\d+)\.eml$', p) else os.path.basename(p), []).append(p)
    os.makedirs(out, exist_ok=True)
    for n, names, *_ in cases(mta):
        files = got.pop(n, [])
        if len(files) != len(names):
            print('case %d %s: %d caught' % (n, names, len(files)))
        for p in files:                                   # a failure where a warning was to come first: the warning's name is left out
            text = open(p, 'rb').read()
            warning = re.search(rb'(?mi)^Action: *delayed', text) and b': Envelope expired' not in text   # OpenSMTPD calls an expiry a delay
            fits = [x for x in names if x.endswith('-delayed') == bool(warning)] or names
            took = fits[0] if len(files) > 1 or warning else fits[0].removesuffix('-expired')
            k = 1
            while os.path.exists('%s/%s%s.eml' % (out, took, '-%d' % k if k > 1 else '')):
                k += 1
            shutil.copyfile(p, '%s/%s%s.eml' % (out, took, '-%d' % k if k > 1 else ''))
    for p in sum(got.values(), []):
        shutil.copyfile(p, '%s/other-%s' % (out, os.path.basename(p)))


PLACES = {'nosuch.example': 'NXDOMAIN', 'no-such-domain.example': 'NXDOMAIN', 'nullmx.example': 'null MX', 'servfail.example': 'DNS SERVFAIL', 'dead.example': 'connection refused',
          'dead2.example': 'two MX, connections refused', 'badmx.example': 'MX without an address', 'nomx.example': 'neither MX nor A', 'banner.example': '554 at the greeting',
          'busy.example': '421 at the greeting', 'mute.example': 'closed before the greeting', 'loop.example': 'its MX is the MTA itself', 'small.example': 'message above its SIZE',
          'shut.example': 'transport that refuses', 'slow.example': 'transport that defers', 'pipe.example': 'program, exit 69'}
LOCAL = {'forward': 'alias of anna@remote.example', 'team': 'alias of anna@remote.example, bjorn@old.example, ok@remote.example', 'circle': 'alias loop', 'robot': 'program, exit 69',
         'ada-robot': 'program, exit 69', 'closed': 'program, exit 1', 'missing': 'program that is not there', 'full': 'file on a full disk', 'moved': 'moved away', 'ada': 'a mailbox',
         'gone': 'left, with a text', 'nobody-home': 'refused without a text', 'later-please': 'deferred by the administrator'}


def provoked(rcpt, answers):
    lp, _, dom = rcpt.rpartition('@')
    stage, reply = answers.get(lp.strip('"').lower().split('+')[0], ('', ''))
    if dom == 'local.example':
        what = LOCAL.get(lp, 'no such user')
    elif dom in PLACES or not stage:
        what = PLACES.get(dom, 'taken')
    else:
        reply = reply.replace('{r}', rcpt).replace('\n', ' / ')
        what = {'data': 'after DATA ', 'drop': 'cut after ', 'cut': 'cut in DATA', 'later': 'at first '}.get(stage, '') + (reply[:51] + '…' if len(reply) > 52 else reply or ('RCPT' if stage == 'drop' else ''))
    return '%s: %s' % (rcpt, what.replace('|', '\\|'))


def table(testdata):
    answers = json.load(open(os.path.join(HERE, 'answers.json'), encoding='utf8'))
    everything = {}
    for mta in LETTERS:
        for m in (mta, mta + '-b'):
            everything.update({(mta, n): c for n, *c in cases(m)})
    for mta in LETTERS:
        print('\n### %s\n\n| file | provoked by | expected |\n|---|---|---|' % mta)
        for p in sorted(glob.glob('%s/%s/*.eml' % (testdata, mta))):
            text = open(p, 'rb').read().decode('utf8', 'replace').replace('\r', '')
            to = re.search(r'(?m)^To:.*?\+?(\d+)@', text)
            case = everything.get((mta, int(to[1]))) if to else None
            what = '; '.join(provoked(r, answers) for r in case[3]) if case and 'postmaster-' not in p else 'copy for the postmaster'
            if 'tls-required' in p:
                what = re.sub(': .*', ': TLS asked for, not offered', what)
            if 'eai-refused' in p:
                what = re.sub(': .*', ': server without SMTPUTF8', what)
            opts = ' '.join('%s=%s' % kv if kv[1] else kv[0] for kv in case[2].items() if kv[0] in ('notify', 'ret', 'orcpt', 'envid', 'utf8', 'sendmail')) if case else ''
            report = re.split(r'(?mi)^Content-Type: (?:message/rfc822|message/global\s|text/rfc822-headers)|^Message headers follow', text)[0]
            groups = [g for g in re.split(r'\n\n', report) if re.search(r'(?mi)^Final-Recipient:', g)]
            got = ['%s %s' % (re.search(r'(?mi)^Final-Recipient:[^;]*; *(.*)', g)[1], re.search(r'(?mi)^Action: *(\w+)', g)[1]) for g in groups]
            got = got or ['%s failed' % x for x in re.findall(r'(?m)^X-Original-To: <(.*)>', report)] or ['none']
            if ': Envelope expired' in report:
                got = [g.replace('delayed', 'failed (the report says delayed)') for g in got]
            print('| %s | %s%s%s | %s |' % (os.path.basename(p)[:-4], what, '; original: ' + case[1] if case and 'copy' not in what else '', '; ' + opts if opts else '', '; '.join(got)))


{'send': send, 'name': name, 'table': table}[sys.argv[1]](*sys.argv[2:])
