#!/usr/bin/env python3
"""world.py OUT ANSWERS.json: the whole internet of a catch, on loopback.

DNS on 127.0.0.1:53 knows only names of RFC 2606; SMTP on port 25 of the HOSTS below answers
what ANSWERS.json says by the recipient's local part ("name": ["STAGE", "REPLY"]) and takes the rest:
  rcpt, data  the reply comes to RCPT, or to the end of DATA
  later       the reply comes to RCPT in the first 14 seconds, then the recipient is taken
  drop        the reply comes to RCPT and the line is cut after it (an empty reply: cut without a word)
  cut         the line is cut in the middle of DATA
In a reply {r} is the recipient, {d} its domain, {h} this host; \\n parts the lines.
Mail to origin.example is written to OUT as N-LOCALPART.eml, byte for byte.
"""
import asyncio, itertools, json, os, re, socket, struct, sys, threading, time

OUT, ANSWERS = sys.argv[1], json.load(open(sys.argv[2]))
HOSTS = {  # address -> name it greets with
    '127.0.0.2': 'mx.remote.example', '127.0.0.3': 'mx.origin.example', '127.0.0.4': 'mx.small.example',
    '127.0.0.5': 'mx.banner.example', '127.0.0.6': 'mx1.bigmail.example', '127.0.0.7': 'corp.inbound.hosted.example',
    '127.0.0.8': 'mta7.freemail.example', '127.0.0.9': 'mx.uni.example', '127.0.0.10': 'mx.old.example',
    '127.0.0.11': 'mx.busy.example', '127.0.0.12': 'mx.mute.example', '127.0.0.1': 'mail.local.example',
    '127.0.0.99': 'mx.dead.example', '127.0.0.98': 'mx2.dead.example'}
MX = {'origin.example': 3, 'small.example': 4, 'banner.example': 5, 'bigmail.example': 6, 'corp.example': 7,
      'freemail.example': 8, 'uni.example': 9, 'old.example': 10, 'busy.example': 11, 'mute.example': 12,
      'local.example': 1, 'loop.example': 1, 'dead.example': 99, 'relay.example': 2, 'remote.example': 2, 'lists.example': 2}
NAMES = {n: a for a, n in HOSTS.items()}
SPECIAL = {'nosuch.example': 3, 'no-such-domain.example': 3, 'servfail.example': 2}   # name -> DNS return code
ODD_MX = {'nullmx.example': [''], 'badmx.example': ['gone.nosuch.example'], 'dead2.example': ['mx.dead.example', 'mx2.dead.example']}
EMPTY = {'nomx.example'}                                                             # exists, but has neither MX nor A


def wire(name):
    return b''.join(bytes([len(p)]) + p.encode('latin1') for p in name.split('.') if p) + b'\0'


def dns_answer(q):
    i, parts = 12, []
    while q[i]:
        parts.append(q[i + 1:i + 1 + q[i]].decode('latin1'))
        i += q[i] + 1
    qtype, end = struct.unpack('>H', q[i + 1:i + 3])[0], i + 5
    name, code, records = '.'.join(parts).lower(), 0, []
    bad = next((c for s, c in SPECIAL.items() if name == s or name.endswith('.' + s)), None)
    if bad is not None:
        code = bad
    elif name.endswith('.in-addr.arpa'):
        host = HOSTS.get('.'.join(reversed(name.split('.')[:4])))
        code = 0 if host else 3
        records = [(12, wire(host))] if host and qtype == 12 else []
    elif name in NAMES or name == 'localhost':
        records = [(1, socket.inet_aton(NAMES.get(name, '127.0.0.1')))] if qtype == 1 else []
    elif name in ODD_MX or name in MX:
        targets = ODD_MX.get(name) or [HOSTS['127.0.0.%d' % MX[name]]]
        records = [(15, struct.pack('>H', 10 * k if t else 0) + wire(t)) for k, t in enumerate(targets, 1)] if qtype == 15 else []
    elif name in EMPTY or name == 'example' or name.startswith('xn--') and name.endswith('.example'):
        if name.startswith('xn--'):                                                  # IDN domains go to mx.remote.example
            records = [(15, struct.pack('>H', 10) + wire('mx.remote.example'))] if qtype == 15 else []
    else:
        code = 3
    head = q[:2] + struct.pack('>HHHHH', 0x8580 | code, 1, len(records), 0, 0) + q[12:end]
    return head + b''.join(b'\xc0\x0c' + struct.pack('>HHIH', t, 1, 60, len(d)) + d for t, d in records)


def dns_udp():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(('127.0.0.1', 53))
    while True:
        q, peer = s.recvfrom(4096)
        try:
            s.sendto(dns_answer(q), peer)
        except (IndexError, struct.error) as e:
            print('dns:', e, flush=True)


async def dns_tcp(rd, wr):
    try:
        a = dns_answer(await rd.readexactly(struct.unpack('>H', await rd.readexactly(2))[0]))
        wr.write(struct.pack('>H', len(a)) + a)
        await wr.drain()
    except asyncio.IncompleteReadError:
        pass
    wr.close()


serial, first = itertools.count(1), {}


async def smtp(rd, wr, ip):
    host, rcpts, log = HOSTS[ip], [], lambda *a: print(ip, *a, sep='\t', flush=True)

    def say(text, **names):
        for k, v in names.items():
            text = text.replace('{%s}' % k, v)
        lines = text.split('\n')
        code = lines[0][:3]
        for k, l in enumerate(lines):                     # "550 5.1.1 a\nb" -> "550-5.1.1 a", "550 b"
            rest = l[4:] if k == 0 or re.match(code + '[ -]', l) else l
            wr.write((code + (' ' if k == len(lines) - 1 else '-') + rest + '\r\n').encode())

    def answer(r):
        return ANSWERS.get(r.rpartition('@')[0].lower().split('+')[0], (None, None))

    try:
        if host == 'mx.mute.example':
            return
        if host == 'mx.busy.example':
            return say('421 4.3.2 {h} too many connections, come back later', h=host)
        refused = host == 'mx.banner.example'
        say('554 5.7.1 {h} your address 127.0.0.1 is listed at bl.example, see http://bl.example/?a=127.0.0.1' if refused else '220 {h} ESMTP', h=host)
        while True:
            await wr.drain()
            line = (await rd.readline()).decode('utf8', 'surrogateescape').rstrip('\r\n')
            verb = line[:4].upper()
            addr = (re.search(r'<([^>]*)>', line) or [0, ''])[1]
            if not line and rd.at_eof():
                return
            if verb == 'QUIT':
                return say('221 2.0.0 bye')
            if refused:
                say('503 5.5.1 go away')
            elif verb in ('EHLO', 'LHLO'):
                if host == 'mx.old.example':              # knows neither EHLO nor enhanced codes
                    say('502 what is that?')
                    continue
                say('\n'.join(['250 ' + host, 'PIPELINING', '8BITMIME', 'SIZE 1200' if host == 'mx.small.example' else 'SIZE 36700160']
                              + ['SMTPUTF8'] * (ip in ('127.0.0.2', '127.0.0.3'))
                              + ['DSN'] * (host == 'mx.uni.example') + ['ENHANCEDSTATUSCODES']))
            elif verb == 'HELO':
                say('250 ' + host)
            elif verb == 'MAIL':
                size = re.search(r'SIZE=(\d+)', line)
                rcpts = []
                if host == 'mx.small.example' and size and int(size[1]) > 1200:
                    say('552 5.3.4 Message size exceeds fixed limit of 1200')
                else:
                    say('553 5.1.8 <{s}>: sender domain not liked here' if host == 'mx1.bigmail.example' and 'nobody' in addr else '250 2.1.0 ok', s=addr)
            elif verb == 'RCPT':
                stage, reply = answer(addr)
                if stage == 'later' and time.time() - first.setdefault(addr, time.time()) < 14:
                    stage = 'rcpt'
                if ip == '127.0.0.3' or stage not in ('rcpt', 'drop'):
                    rcpts.append(addr)
                    say('250 2.1.5 ok')
                    continue
                log('rcpt', addr, reply)
                if reply:
                    say(reply, r=addr, d=addr.rpartition('@')[2], h=host)
                if stage == 'drop':
                    return
            elif verb == 'DATA':
                if not rcpts:
                    say('554 5.5.1 no valid recipients')
                    continue
                say('354 go on')
                await wr.drain()
                if any(answer(r)[0] == 'cut' for r in rcpts):
                    await rd.readline()
                    return
                body = b''
                while (l := await rd.readline()) not in (b'.\r\n', b''):
                    body += l[1:] if l.startswith(b'.') else l
                stage, reply = next((a for a in map(answer, rcpts) if a[0] == 'data'), ('', '250 2.0.0 ok: queued as 4Xyz'))
                if any(r.endswith('@origin.example') for r in rcpts):
                    path = '%s/%05d-%s.eml' % (OUT, next(serial), rcpts[0].rpartition('@')[0])
                    with open(path + '.tmp', 'wb') as f:
                        f.write(body)
                    os.rename(path + '.tmp', path)
                    stage, reply = 'caught', '250 2.0.0 ok'
                log(stage or 'taken', ','.join(rcpts), reply)
                say(reply, r=rcpts[0], d=rcpts[0].rpartition('@')[2], h=host)
            else:
                say('250 2.0.0 ok' if verb in ('RSET', 'NOOP') else '502 5.5.2 unknown command')
    except (ConnectionError, asyncio.LimitOverrunError) as e:
        log('error', str(e))
    finally:
        try:
            await wr.drain()
        except ConnectionError:
            pass
        wr.close()


async def main():
    await asyncio.start_server(dns_tcp, '127.0.0.1', 53)
    for ip, name in HOSTS.items():
        if 'dead' not in name and ip != '127.0.0.1':
            await asyncio.start_server(lambda r, w, ip=ip: smtp(r, w, ip), ip, 25, limit=1 << 20)
    print('ready', flush=True)
    await asyncio.Event().wait()


threading.Thread(target=dns_udp, daemon=True).start()
asyncio.run(main())
