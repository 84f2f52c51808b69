#!/bin/bash
# catch.sh install MTA W    a tree with the MTA below W (debootstrap and apt-get; root)
# catch.sh run MTA[-b] W    run it in a network of its own, hand in its cases, leave what came back in W/out/MTA[-b]
# MTA: postfix exim sendmail opensmtpd courier dma nullmailer; -b: the other configuration of the same MTA.
# Nothing leaves the machine: a run has its own network (loopback only), host name, mounts and processes.
set -e
HERE=$(cd "$(dirname "$0")" && pwd)
in_tree() { chroot "$TREE" env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive "$@"; }

install() {  # MTA W
  local pkg=$1
  case $1 in exim) pkg=exim4-daemon-heavy ;; sendmail) pkg='sendmail-bin sensible-mda' ;; courier) pkg=courier-mta ;; esac
  . /etc/os-release
  [ -e "$2/root/etc/debian_version" ] || debootstrap --variant=minbase "$VERSION_CODENAME" "$2/root"
  TREE=$2/$1
  cp -a "$2/root" "$TREE"; cp -L /etc/resolv.conf "$TREE/etc/"; cp -r /etc/apt/sources.list* "$TREE/etc/apt/"
  printf '#!/bin/sh\nexit 101\n' >"$TREE/usr/sbin/policy-rc.d"; chmod +x "$TREE/usr/sbin/policy-rc.d"
  mount -t proc proc "$TREE/proc"; trap 'umount "$TREE/proc"' EXIT
  [ "$1" != postfix ] || echo 'postfix postfix/main_mailer_type select No configuration' | in_tree debconf-set-selections
  in_tree apt-get update; in_tree apt-get install -y --no-install-recommends $pkg
}

common() {  # what all trees need to know
  echo 'nameserver 127.0.0.1' >"$TREE/etc/resolv.conf"; echo mail.local.example >"$TREE/etc/mailname"
  printf '127.0.0.1 localhost\n127.0.0.1 mail.local.example mail\n' >"$TREE/etc/hosts"; echo mail.local.example >"$TREE/etc/hostname"
  cat >"$TREE/etc/aliases" <<-A
	postmaster: root
	mailer-daemon: postmaster
	forward: anna@remote.example
	team: anna@remote.example, bjorn@old.example, ok@remote.example
	later: petra@remote.example
	circle: round
	round: circle
	robot: "|/usr/local/bin/robot"
	closed: "|/bin/false"
	missing: "|/no/such/program"
	full: /dev/full
	A
  printf '#!/bin/sh\ncat >/dev/null\necho "robot: the queue of requests is full"\nexit 69\n' >"$TREE/usr/local/bin/robot"; chmod 755 "$TREE/usr/local/bin/robot"
  in_tree id ada >/dev/null 2>&1 || in_tree useradd -m ada
}

postfix_conf() {
  cat >"$TREE/etc/postfix/main.cf" <<-C
	compatibility_level = 3.6
	myhostname = mail.local.example
	mydomain = local.example
	myorigin = local.example
	mydestination = local.example, mail.local.example, localhost
	inet_interfaces = 127.0.0.1
	inet_protocols = ipv4
	mynetworks = 127.0.0.0/8
	maillog_file = /var/log/postfix.log
	local_recipient_maps =
	alias_maps = hash:/etc/aliases
	alias_database = hash:/etc/aliases
	recipient_delimiter = +
	message_size_limit = 2000000
	queue_run_delay = 4s
	minimal_backoff_time = 4s
	maximal_backoff_time = 8s
	delay_warning_time = 6s
	maximal_queue_lifetime = 50s
	bounce_queue_lifetime = 50s
	smtp_host_lookup = dns
	smtp_connect_timeout = 4s
	${A:+notify_classes = 2bounce}
	2bounce_notice_recipient = post+2@origin.example
	relocated_maps = inline:{ {moved@local.example = moved@new-home.example} }
	transport_maps = inline:{ {shut.example = error:5.2.1 this account was shut in spring} {slow.example = retry:4.3.2 this site is being moved} {pipe.example = box:} {lmtp.example = lmtp:inet:127.0.0.2:25} }
	relay_domains = shut.example, slow.example, pipe.example, lmtp.example
	C
  cat >"$TREE/etc/postfix/master.cf" <<-C
	127.0.0.1:2525 inet n - n - - smtpd
	$(for s in smtp relay error retry discard lmtp anvil verify flush proxymap; do
	  case $s in relay) d=smtp ;; retry) d=error ;; *) d=$s ;; esac; echo "$s unix - - n - - $d"; done)
	pickup unix n - n 60 1 pickup
	cleanup unix n - n - 0 cleanup
	qmgr unix n - n 300 1 qmgr
	rewrite unix - - n - - trivial-rewrite
	bounce unix - - n - 0 bounce
	defer unix - - n - 0 bounce
	trace unix - - n - 0 bounce
	showq unix n - n - - showq
	local unix - n n - - local
	virtual unix - n n - - virtual
	scache unix - - n - 1 scache
	box unix - n n - - pipe user=nobody argv=/usr/local/bin/robot
	postlog unix-dgram n - n - 1 postlogd
	C
  [ -z "$B" ] || cat >>"$TREE/etc/postfix/main.cf" <<-C
	notify_classes = bounce, 2bounce, delay, policy, protocol
	bounce_notice_recipient = post+1@origin.example
	delay_notice_recipient = post+3@origin.example
	error_notice_recipient = post+4@origin.example
	soft_bounce = yes
	bounce_template_file = /etc/postfix/bounce.cf
	smtp_tls_policy_maps = inline:{ {uni.example = encrypt} }
	confirm_delay_cleared = yes
	mailbox_size_limit = 0
	enable_long_queue_ids = yes
	C
  cat >"$TREE/etc/postfix/bounce.cf" <<-C
	failure_template = <<EOF
	Charset: utf-8
	From: Postmeister <postmeister@mail.local.example>
	Subject: Unzustellbare Nachricht
	Postmaster-Subject: Kopie: unzustellbar

	Hier ist der Mailserver \$myhostname.

	Ihre Nachricht konnte einem oder mehreren Empfängern nicht zugestellt
	werden. Ein Auszug daraus hängt an.
	EOF
	delay_template = <<EOF
	Charset: utf-8
	From: Postmeister <postmeister@mail.local.example>
	Subject: Nachricht noch unterwegs
	Postmaster-Subject: Kopie: noch unterwegs

	Hier ist der Mailserver \$myhostname. Nichts ist zu tun: die Zustellung
	wird noch \$maximal_queue_lifetime_minutes Minuten lang versucht.
	EOF
	C
  in_tree newaliases; in_tree postfix start
}

exim_conf() {
  cat >"$TREE/etc/exim4/exim4.conf" <<-C
	primary_hostname = mail.local.example
	qualify_domain = local.example
	local_interfaces = 127.0.0.1
	daemon_smtp_ports = 2525
	domainlist here = local.example : mail.local.example
	acl_smtp_rcpt = yes
	acl_smtp_data = yes
	never_users =
	disable_ipv6 = true
	host_lookup =
	keep_environment =
	smtputf8_advertise_hosts = *
	delay_warning = 6s:1h
	ignore_bounce_errors_after = 1m
	bounce_return_size_limit = 12K
	message_size_limit = 2M
	${B:+bounce_message_file = /etc/exim4/bounce.txt
	warn_message_file = /etc/exim4/warn.txt
	bounce_return_body = false
	errors_copy = *@* post+1@origin.example}
	${A:+dsn_advertise_hosts = *}
	begin acl
	yes:
	  accept
	begin routers
	remote:
	  driver = dnslookup
	  domains = ! +here
	  transport = smtp
	  self = fail
	  no_more
	fixed:
	  driver = redirect
	  local_parts = gone : nobody-home : later-please
	  data = \${if eq{\$local_part}{gone}{:fail: \$local_part left the company in May}{\${if eq{\$local_part}{later-please}{:defer: this mailbox is being moved}{:fail:}}}}
	  allow_fail
	  allow_defer
	aliases:
	  driver = redirect
	  data = \${lookup{\$local_part}lsearch{/etc/aliases}}
	  pipe_transport = pipe
	  file_transport = file
	user:
	  driver = accept
	  check_local_user
	  transport = mailbox
	begin transports
	smtp:
	  driver = smtp
	  hosts_try_dane =
	  connect_timeout = 4s
	  ${B:+hosts_require_tls = 127.0.0.9}
	mailbox:
	  driver = appendfile
	  file = /var/mail/\$local_part_data
	  user = mail
	  ${B:+quota = 1}
	pipe:
	  driver = pipe
	  user = mail
	  ${A:+return_output}
	file:
	  driver = appendfile
	  user = mail
	begin retry
	*@local.example quota F,20s,5s
	* * F,45s,5s
	C
  printf 'Subject: Your letter came back\n****\nThe post office of the book shop could not deliver your letter.\n****\nIt was meant for:\n****\n****\nHere it is again:\n****\nIt was too long to be sent back whole.\n****\n' >"$TREE/etc/exim4/bounce.txt"
  printf 'Subject: Your letter is still with us\n****\nYour letter ($warn_message_delay old) waits at the post office $primary_hostname for:\n****\nWe go on trying.\n****\n' >"$TREE/etc/exim4/warn.txt"
  setsid chroot "$TREE" /usr/sbin/exim4 -bdf -q4s >"$RUN/mta.log" 2>&1 </dev/null &
}

sendmail_conf() {
  cat >"$TREE/etc/mail/sendmail.mc" <<-C
	include(\`/usr/share/sendmail/cf/m4/cf.m4')dnl
	OSTYPE(\`debian')dnl
	DOMAIN(\`debian-mta')dnl
	undefine(\`confHOST_STATUS_DIRECTORY')dnl
	FEATURE(\`no_default_msa')dnl
	DAEMON_OPTIONS(\`Family=inet, Name=MTA, Addr=127.0.0.1, Port=2525')dnl
	define(\`confDOMAIN_NAME', \`mail.local.example')dnl
	define(\`confTO_QUEUEWARN', \`8s')dnl
	define(\`confTO_QUEUEWARN_NORMAL', \`8s')dnl
	define(\`confTO_QUEUERETURN', \`50s')dnl
	define(\`confTO_QUEUERETURN_NORMAL', \`50s')dnl
	define(\`confTO_CONNECT', \`4s')dnl
	define(\`confTO_ICONNECT', \`4s')dnl
	define(\`confTO_HOSTSTATUS', \`1s')dnl
	define(\`confMIN_QUEUE_AGE', \`0')dnl
	define(\`confDONT_PROBE_INTERFACES', \`True')dnl
	define(\`confMAX_MESSAGE_SIZE', \`2000000')dnl
	define(\`confDELIVERY_MODE', \`background')dnl
	define(\`confPRIVACY_FLAGS', \`${B:+nobodyreturn}')dnl
	${B:+define(\`confCOPY_ERRORS_TO', \`post+1@origin.example')dnl}
	${B:+define(\`confERROR_MESSAGE', \`/etc/mail/error-header')dnl}
	${B:+define(\`confDOUBLE_BOUNCE_ADDRESS', \`post+2@origin.example')dnl}
	FEATURE(\`mailertable', \`hash -o /etc/mail/mailertable')dnl
	FEATURE(\`virtusertable', \`hash -o /etc/mail/virtusertable')dnl
	FEATURE(\`redirect')dnl
	FEATURE(\`nouucp', \`reject')dnl
	LOCAL_CONFIG
	Cwlocal.example
	MAILER_DEFINITIONS
	MAILER(\`local')dnl
	MAILER(\`smtp')dnl
	C
  printf 'moved: moved@new-home.example.REDIRECT\n' >>"$TREE/etc/aliases"
  printf 'shut.example\terror:5.2.1:550 this account was shut in spring\n' >"$TREE/etc/mail/mailertable"
  printf 'gone@local.example\terror:nouser 550 No one of that name works here any more\n' >"$TREE/etc/mail/virtusertable"
  printf 'This is the post office of the book shop.\nFor help ask help@local.example.\n' >"$TREE/etc/mail/error-header"
  in_tree sh -c 'cd /etc/mail && for t in mailertable virtusertable; do /usr/libexec/sendmail/makemap hash $t <$t || /usr/sbin/makemap hash $t <$t; done; m4 sendmail.mc >sendmail.cf && /usr/libexec/sendmail/sendmail -bi' >"$RUN/mta.log" 2>&1
  setsid chroot "$TREE" /usr/libexec/sendmail/sendmail -bD -q4s >>"$RUN/mta.log" 2>&1 </dev/null &
}

opensmtpd_conf() {
  mkdir -p "$TREE/var/maildir"; chmod 1777 "$TREE/var/maildir"
  cat >"$TREE/etc/smtpd.conf" <<-C
	table aliases file:/etc/aliases
	queue ttl 50s
	bounce warn-interval ${B:+2s, }8s
	smtp max-message-size 2M
	listen on 127.0.0.1 port 2525 hostname mail.local.example
	action "here" maildir "/var/maildir/%{user.username}" alias <aliases>
	action "robot" mda "/usr/local/bin/robot" virtual { "@" = ada }
	action "lmtp" lmtp "127.0.0.2:25" rcpt-to virtual { "@" = ada }
	action "out" relay helo mail.local.example
	action "tls" relay helo mail.local.example host smtp+tls://mx.remote.example
	match from any for domain "pipe.example" action "robot"
	match from any for domain "relay.example" action "tls"
	match from any for domain "lmtp.example" action "lmtp"
	match from any for domain "local.example" action "here"
	match from any for any action "out"
	C
  setsid chroot "$TREE" /usr/sbin/smtpd -d >"$RUN/mta.log" 2>&1 </dev/null &
}

courier_conf() {
  local k v
  while read -r k v; do echo "$v" >"$TREE/etc/courier/$k"; done <<-C
	me mail.local.example
	defaultdomain local.example
	dsnfrom "Courier post office" <mailer-daemon@mail.local.example>
	retryalpha 5s
	retrybeta 2
	retrygamma 5s
	retrymaxdelta 1
	warntime 8s
	queuetime 50s
	queuefill 2s
	esmtptimeoutconnect 4s
	sizelimit 2000000
	C
  [ -z "$B" ] || echo 1000 >"$TREE/etc/courier/bouncesize";
  printf 'localhost\nlocal.example\nmail.local.example\n' >"$TREE/etc/courier/locals"
  sed -i '/^ESMTP_BLOCKBACKSCATTER=/d' "$TREE/etc/courier/courierd"; echo 'ESMTP_BLOCKBACKSCATTER=""' >>"$TREE/etc/courier/courierd"
  sed -i 's/^ADDRESS=.*/ADDRESS=127.0.0.1/; s/^PORT=.*/PORT=2525/; s/^BOFHCHECKDNS=.*/BOFHCHECKDNS=0/; s/^MAXDAEMONS=.*/MAXDAEMONS=90/; s/^MAXPERC=.*/MAXPERC=90/; s/^MAXPERIP=.*/MAXPERIP=90/' "$TREE/etc/courier/esmtpd"
  printf '*\tallow,RELAYCLIENT\n' >"$TREE/etc/courier/smtpaccess/default"
  grep -v 'circle\|round' "$TREE/etc/aliases" >"$TREE/etc/courier/aliases/system"
  mkdir -p "$TREE/run/courier/authdaemon"; in_tree chown -R courier:courier /run/courier
  echo '| /usr/local/bin/robot' >"$TREE/home/ada/.courier-robot"
  [ -d "$TREE/home/ada/Maildir" ] || in_tree su ada -s /bin/sh -c 'maildirmake.courier ~/Maildir'
  { in_tree makealiases; in_tree makesmtpaccess; in_tree authdaemond start; in_tree courier start; in_tree esmtpd start; } >"$RUN/mta.log" 2>&1
}

dma_conf() { printf 'MAILNAME /etc/mailname\n%s\n' "${B:+FULLBOUNCE}" >"$TREE/etc/dma/dma.conf"; }

nullmailer_conf() {
  echo 'mx.remote.example smtp --port=25' >"$TREE/etc/nullmailer/remotes"
  [ -z "$B" ] || { echo 'mx.dead.example smtp --port=25' >"$TREE/etc/nullmailer/remotes"; (sleep 40; echo 'mx.remote.example smtp --port=25' >"$TREE/etc/nullmailer/remotes") & }   # the report itself has to get out
  echo 2 >"$TREE/etc/nullmailer/pausetime"; echo 25 >"$TREE/etc/nullmailer/queuelifetime"; echo mail.local.example >"$TREE/etc/nullmailer/me"
  [ -z "$B" ] || echo 3 >"$TREE/etc/nullmailer/sendtimeout"
  [ -p "$TREE/var/spool/nullmailer/trigger" ] || { mkfifo -m 622 "$TREE/var/spool/nullmailer/trigger"; in_tree chown mail:mail /var/spool/nullmailer/trigger; }
  setsid chroot --userspec=mail:mail "$TREE" /usr/sbin/nullmailer-send >"$RUN/mta.log" 2>&1 </dev/null &
}

inside() {  # in the namespaces
  hostname mail.local.example; ip link set lo up
  ip link add b0 type bridge; ip addr add 192.0.2.25/32 dev b0; ip link set b0 up   # leads nowhere; OpenSMTPD wants more than loopback
  rm -rf "$RUN" "$OUT"; mkdir -p "$RUN/caught" "$RUN/upper" "$RUN/work" "$RUN/tree"
  mount -t overlay -o "lowerdir=$TREE,upperdir=$RUN/upper,workdir=$RUN/work" overlay "$RUN/tree"; TREE=$RUN/tree   # the tree stays as installed
  mount -t proc proc "$TREE/proc"
  python3 "$HERE/world.py" "$RUN/caught" "$HERE/answers.json" >"$RUN/world.log" 2>&1 &
  common; A=a B=; [ "$1" = "${1%-b}" ] || A='' B=b
  "${1%-b}_conf"; sleep 3
  local door=2525; case $1 in dma*|nullmailer*) door=/usr/sbin/sendmail ;; esac
  TREE=$TREE python3 "$HERE/inject.py" send "$1" "$door"
  sleep "${WAIT:-90}"; [ "${1%-b}" != dma ] || { find "$TREE/var/spool/dma" -name 'Q*' -exec touch -d '6 days ago' {} +; in_tree dma -q; sleep 20; }
  python3 "$HERE/inject.py" name "$1" "$RUN/caught" "$OUT"
}

case $1 in
  install) install "$2" "$(cd "$3" && pwd)" ;;
  run) W=$(cd "$3" && pwd) MTA=$2; export TREE=$W/${MTA%-b} RUN=$W/run/$MTA OUT=$W/out/$MTA
    mkdir -p "$W/run"; exec unshare --net --uts --mount --pid --fork --mount-proc "$0" inside "$MTA" ;;
  inside) inside "$2" ;;
  *) sed -n '2,5s/^# //p' "$0"; exit 2 ;;
esac
