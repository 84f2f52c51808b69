package imaptest

import (
	"fmt"
	"net"

	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// Cyrus starts a Cyrus 3.6 with an empty INBOX, from what .ci/servers has laid out;
// without that the test is skipped. Its users have no "@" here.
func Cyrus(t testing.TB) *Server {
	t.Helper()
	const (
		user, admin = "bounces", "cyrus"
		uid, gid    = 201, 8
	)
	r := newRooted(t, "cyrus")
	cert, pool := selfSigned(t)
	certPEM, keyPEM := pemFiles(t, cert)
	r.write("etc/passwd", 0o644, "root:x:0:0::/:/bin/sh\ncyrus:x:%d:%d::/:/bin/sh\n", uid, gid)
	r.write("etc/group", 0o644, "root:x:0:\nmail:x:%d:\n", gid)
	r.write("etc/hosts", 0o644, "127.0.0.1 localhost\n")
	r.write("cert.pem", 0o644, "%s", certPEM)
	r.write("key.pem", 0o644, "%s", keyPEM)
	r.folders(uid, gid, "mail", "state")
	for _, name := range []string{"db", "socket", "proc", "log", "msg", "ptclient", "quota", "user", "sieve", "lock"} {
		r.folders(uid, gid, "state/"+name)
	}
	for _, name := range []string{user, admin} {
		cmd := r.command(nil, "/usr/sbin/saslpasswd2", "-p", "-c", "-f", "/state/sasldb2", "-u", "localhost", name)
		cmd.Stdin = strings.NewReader(Password)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("saslpasswd2: %v\n%s", err, out)
		}
	}
	if out, err := exec.Command("chown", fmt.Sprint(uid, ":", gid), r.path("state/sasldb2")).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	plain, encrypted := freePort(t), freePort(t)
	run := func(caps []imap.Cap) {
		t.Helper()
		suppressed := ""
		if len(caps) > 0 {
			for _, c := range []imap.Cap{imap.CapMove, imap.CapUIDPlus, imap.CapNamespace, imap.CapIdle, imap.CapESearch, imap.CapCondStore, imap.CapQResync} {
				if !slices.Contains(caps, c) {
					suppressed += " " + string(c)
				}
			}
			suppressed = "suppress_capabilities:" + suppressed
		}
		r.write("etc/imapd.conf", 0o644, cyrusConf, suppressed)
		r.write("etc/cyrus.conf", 0o644, cyrusServices, plain, encrypted)
		r.start(nil, "/usr/sbin/cyrmaster", "-C", "/etc/imapd.conf", "-M", "/etc/cyrus.conf", "-p", "/state/master.pid", "-D")
		r.await([]int{plain, encrypted})
	}
	run(nil)
	s := &Server{
		Addr: loopback(plain), TLSAddr: loopback(encrypted), Pool: pool, t: t, username: user, password: Password, separator: "/",
		setCaps: func(caps []imap.Cap) {
			r.stop()
			run(caps)
		},
	}
	conn, err := net.Dial("tcp", s.Addr)
	if err != nil {
		t.Fatal(err)
	}
	c := imapclient.New(conn, nil)
	defer c.Close()
	if err := c.Login(admin, Password).Wait(); err != nil {
		t.Fatalf("cyrus: %v", err)
	}
	if err := c.Create("user/"+user, nil).Wait(); err != nil {
		t.Fatalf("cyrus: %v", err)
	}
	return s
}

func loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// cyrusConf shows users their folders beside INBOX, with "/" between the levels.
const cyrusConf = `configdirectory: /state
proc_path: /state/proc
mboxname_lockpath: /state/lock
defaultpartition: default
partition-default: /mail
altnamespace: yes
unixhierarchysep: yes
admins: cyrus
allowplaintext: yes
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_sasldb_path: /state/sasldb2
sasl_mech_list: PLAIN LOGIN
sasl_realm: localhost
servername: localhost
tls_server_cert: /cert.pem
tls_server_key: /key.pem
idlesocket: /state/socket/idle
umask: 077
%s
`

const cyrusServices = `START {
}
SERVICES {
 imap cmd="imapd -C /etc/imapd.conf -U 30" listen="127.0.0.1:%d" prefork=0
 imaps cmd="imapd -C /etc/imapd.conf -s -U 30" listen="127.0.0.1:%d" prefork=0
}
EVENTS {
 checkpoint cmd="ctl_cyrusdb -C /etc/imapd.conf -c" period=30
}
`
