package imaptest

import (
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"
)

// Courier starts a Courier-IMAP with an empty INBOX, from what .ci/servers has laid
// out; without that the test is skipped. It has no MOVE: a test that wants it
// advertised is skipped too.
func Courier(t testing.TB) *Server {
	t.Helper()
	r := newRooted(t, "courier")
	const (
		uid    = 4001
		socket = "run/courier/authdaemon/socket"
	)
	cert, pool := selfSigned(t)
	certPEM, keyPEM := pemFiles(t, cert)
	hash, err := exec.Command("openssl", "passwd", "-5", Password).Output()
	if err != nil {
		t.Fatalf("openssl: %v", err)
	}
	r.write("etc/passwd", 0o644, "root:x:0:0::/:/bin/sh\ncourier:x:200:200::/:/bin/sh\n%s:x:%d:%d::/home:/bin/sh\n", Username, uid, uid)
	r.write("etc/group", 0o644, "root:x:0:\ncourier:x:200:\nbounces:x:%d:\n", uid)
	r.write("etc/shadow", 0o600, "%s:%s:1::::::\n", Username, strings.TrimSpace(string(hash)))
	for _, service := range []string{"imap", "other"} {
		r.write("etc/pam.d/"+service, 0o644, "auth required pam_unix.so\naccount required pam_permit.so\nsession required pam_permit.so\n")
	}
	r.write("etc/courier/imapd.pem", 0o644, "%s%s", keyPEM, certPEM)
	r.write("log", 0o644, "")
	r.folders(200, 200, "run/courier", "run/courier/authdaemon", "var/lib/courier")
	r.folders(uid, uid, "home", "home/Maildir", "home/Maildir/cur", "home/Maildir/new", "home/Maildir/tmp")
	plain, encrypted := freePort(t), freePort(t)
	run := func(caps []imap.Cap) {
		t.Helper()
		if slices.Contains(caps, imap.CapMove) {
			t.Skip("Courier has no MOVE")
		}
		advertised := "IMAP4rev1 UIDPLUS CHILDREN NAMESPACE THREAD=ORDEREDSUBJECT THREAD=REFERENCES SORT QUOTA IDLE"
		if len(caps) > 0 {
			advertised = "IMAP4rev1 CHILDREN NAMESPACE" // its folders can't be made without
			for _, c := range caps {
				advertised += " " + string(c)
			}
		}
		env := []string{
			"IMAP_CAPABILITY=" + advertised, "IMAP_CAPABILITY_TLS=" + advertised, "IMAP_KEYWORDS=1", "IMAP_USELOCKS=1", "IMAP_UMASK=022",
			"IMAP_IDLE_TIMEOUT=60", "IMAP_MAILBOX_SANITY_CHECK=1", "IMAP_TRASHFOLDERNAME=Trash", "IMAP_ENHANCEDIDLE=0", "IMAP_STARTTLS=YES", "MAILDIRPATH=Maildir",
			"COURIERTLS=/usr/bin/couriertls", "TLS_CERTFILE=/etc/courier/imapd.pem", "TLS_VERIFYPEER=NONE",
		}
		listen := func(port int, more ...string) {
			args := []string{"/usr/sbin/couriertcpd", "-address=127.0.0.1", "-maxprocs=100", "-maxperip=100", "-nodnslookup", "-noidentlookup", strconv.Itoa(port)}
			args = append(args, more...)
			r.start(env, append(args, "/usr/lib/courier/courier/imaplogin", "/usr/bin/imapd", "Maildir")...)
		}
		_ = os.Remove(r.path(socket)) // of the time before
		r.start([]string{"authmodulelist=authpam", "daemons=2", "authdaemonvar=/run/courier/authdaemon", "DEBUG_LOGIN=0", "DEFAULTOPTIONS="},
			"/usr/lib/courier/courier-authlib/authdaemond")
		listen(plain)
		listen(encrypted, "/usr/bin/couriertls", "-server", "-tcpd")
		r.await([]int{plain, encrypted}, socket)
	}
	run(nil)
	return &Server{
		Addr: loopback(plain), TLSAddr: loopback(encrypted), Pool: pool, t: t, prefix: "INBOX.", separator: ".",
		setCaps: func(caps []imap.Cap) {
			r.stop()
			run(caps)
		},
	}
}
