package imaptest

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
)

// Dovecot starts a Dovecot 2.3 with an empty INBOX, of its own configuration and in
// a folder of the test's; where that cannot be (it takes root, the program and a
// user to run as) the test is skipped.
func Dovecot(t testing.TB) *Server {
	t.Helper()
	return startDovecot(t, "", "plain")
}

// startDovecot starts a Dovecot with these mechanisms and more configuration.
func startDovecot(t testing.TB, more, mechanisms string) *Server {
	t.Helper()
	program, err := exec.LookPath("dovecot")
	if err != nil {
		t.Skip("Dovecot is not installed: apt-get install dovecot-imapd")
	}
	if os.Getuid() != 0 {
		t.Skip("Dovecot is started by root only")
	}
	owner := mailUser(t)
	// t.TempDir's parents are for this user alone; Dovecot's processes have to enter.
	dir, err := os.MkdirTemp("", "dovecot")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	d := &dovecot{t: t, dir: dir, program: program, owner: owner, more: more, mechanisms: mechanisms}
	cert, pool := selfSigned(t)
	d.layOut(cert)
	t.Cleanup(d.stop)
	for range 3 { // a port that was free may have gone to another test
		d.plain, d.encrypted = freePort(t), freePort(t)
		d.configure(nil)
		if err = d.start(); err == nil {
			break
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return &Server{
		Addr:    loopback(d.plain),
		TLSAddr: loopback(d.encrypted),
		Pool:    pool, t: t, deliver: d.deliver, separator: ".",
		setCaps: func(caps []imap.Cap) {
			t.Helper()
			d.stop()
			d.configure(caps)
			if err := d.restart(); err != nil {
				t.Fatal(err)
			}
		},
	}
}

type dovecot struct {
	t                testing.TB
	dir              string
	program          string
	owner            *user.User // of the mail
	plain, encrypted int        // ports
	more, mechanisms string     // of the configuration
	running          *exec.Cmd
	delivered        int // messages
}

// mailUser returns the user the mail belongs to: one the Dovecot package makes.
func mailUser(t testing.TB) *user.User {
	t.Helper()
	for _, name := range []string{"vmail", "mail"} {
		if u, err := user.Lookup(name); err == nil {
			return u
		}
	}
	t.Skip("Dovecot needs a user vmail or mail")
	return nil
}

// layOut makes the folders and files that do not change.
func (d *dovecot) layOut(cert tls.Certificate) {
	d.t.Helper()
	certPEM, keyPEM := pemFiles(d.t, cert)
	uid, _ := strconv.Atoi(d.owner.Uid)
	gid, _ := strconv.Atoi(d.owner.Gid)
	for _, step := range []func() error{
		func() error { return os.Chmod(d.dir, 0o755) },
		func() error { return os.Mkdir(d.path("run"), 0o755) },
		func() error { return os.Mkdir(d.path("state"), 0o755) },
		func() error { return os.Mkdir(d.path("mail"), 0o700) },
		func() error { return os.Chown(d.path("mail"), uid, gid) },
		func() error { return os.WriteFile(d.path("cert.pem"), certPEM, 0o644) },
		func() error { return os.WriteFile(d.path("key.pem"), keyPEM, 0o600) },
		func() error {
			return os.WriteFile(d.path("users"), fmt.Appendf(nil, "%s:{PLAIN}%s\n", Username, Password), 0o644)
		},
	} {
		if err := step(); err != nil {
			d.t.Fatal(err)
		}
	}
}

func (d *dovecot) path(name string) string { return filepath.Join(d.dir, name) }

// configure writes the configuration; caps, if any, are all that is advertised
// after the login.
func (d *dovecot) configure(caps []imap.Cap) {
	d.t.Helper()
	advertised := ""
	if len(caps) > 0 {
		advertised = "imap_capability = IMAP4rev1 LITERAL+"
		for _, c := range caps {
			advertised += " " + string(c)
		}
	}
	conf := strings.NewReplacer(
		"$DIR", d.dir, "$PLAIN", strconv.Itoa(d.plain), "$TLS", strconv.Itoa(d.encrypted),
		"$OWNER", d.owner.Username, "$GROUP", d.owner.Gid, "$CAPABILITY", advertised, "$MECHANISMS", d.mechanisms,
	).Replace(d.more + dovecotConf)
	if err := os.WriteFile(d.path("dovecot.conf"), []byte(conf), 0o644); err != nil {
		d.t.Fatal(err)
	}
}

// deliver puts files into the Maildir's new, whole, as who delivers does.
func (d *dovecot) deliver(mails []Mail) {
	d.t.Helper()
	uid, _ := strconv.Atoi(d.owner.Uid)
	gid, _ := strconv.Atoi(d.owner.Gid)
	for _, dir := range []string{"", "new", "cur", "tmp"} {
		path := filepath.Join(d.path("mail"), Username, dir)
		if err := os.MkdirAll(path, 0o700); err != nil {
			d.t.Fatal(err)
		}
		if err := os.Chown(path, uid, gid); err != nil {
			d.t.Fatal(err)
		}
	}
	for _, m := range mails {
		d.delivered++
		// Dovecot numbers them in the order of their names.
		name := fmt.Sprintf("%d.%07d.test", m.InternalDate.Unix(), d.delivered)
		path := filepath.Join(d.path("mail"), Username, "tmp", name)
		if err := os.WriteFile(path, m.Raw, 0o600); err != nil {
			d.t.Fatal(err)
		}
		if err := os.Chown(path, uid, gid); err != nil {
			d.t.Fatal(err)
		}
		if err := os.Chtimes(path, m.InternalDate, m.InternalDate); err != nil {
			d.t.Fatal(err)
		}
		if err := os.Rename(path, filepath.Join(d.path("mail"), Username, "new", name)); err != nil {
			d.t.Fatal(err)
		}
	}
}

// start runs Dovecot until it answers.
func (d *dovecot) start() error {
	cmd := exec.Command(d.program, "-F", "-c", d.path("dovecot.conf"))
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // so that stop reaches all its processes
	var said strings.Builder
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		return err
	}
	d.running = cmd
	err := d.await(func(err error) bool { return err == nil })
	if err == nil {
		return nil
	}
	d.stop()
	logged, _ := os.ReadFile(d.path("dovecot.log"))
	return fmt.Errorf("dovecot does not answer: %w\n%s%s", err, said.String(), logged)
}

// restart is start on ports that were its own a moment ago, and which another process
// may hold for as long as a connection of its lasts.
func (d *dovecot) restart() (err error) {
	for range 5 {
		if err = d.start(); err == nil {
			return nil
		}
	}
	return err
}

// await tries to get a greeting until the outcome is the one wanted.
func (d *dovecot) await(wanted func(error) bool) error {
	deadline := time.Now().Add(10 * time.Second)
	for {
		err := d.greeting()
		if wanted(err) {
			return nil
		}
		if time.Now().After(deadline) {
			return err
		}
		time.Sleep(10 * time.Millisecond) // another process has no other way to tell
	}
}

func (d *dovecot) greeting() error {
	conn, err := net.DialTimeout("tcp", loopback(d.plain), time.Second)
	if err != nil {
		return err
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
	_, err = conn.Read(make([]byte, 1))
	return err
}

// stop ends Dovecot with all its processes, and waits for it. Asked by a signal to
// its master alone, it takes a second, and ten while somebody is logged in.
func (d *dovecot) stop() {
	if d.running == nil {
		return
	}
	_ = syscall.Kill(-d.running.Process.Pid, syscall.SIGKILL)
	_ = d.running.Wait()
	_ = os.Remove(d.path("run/master.pid"))
	// Its children die on their own, and hold the ports until then.
	_ = d.await(func(err error) bool { return errors.Is(err, syscall.ECONNREFUSED) })
	d.running = nil
}

func freePort(t testing.TB) int {
	t.Helper()
	ln := listen(t)
	defer ln.Close()
	return ln.Addr().(*net.TCPAddr).Port
}

// dovecotConf keeps everything below one folder, takes the password in clear on
// loopback, and lets nothing run in a chroot, for which the folder is not laid out. A
// client whose login failed does not have to wait longer and longer for the next.
const dovecotConf = `base_dir = $DIR/run
state_dir = $DIR/state
log_path = $DIR/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <$DIR/cert.pem
ssl_key = <$DIR/key.pem
disable_plaintext_auth = no
auth_mechanisms = $MECHANISMS
auth_failure_delay = 0
mail_location = maildir:$DIR/mail/%u
mail_uid = $OWNER
mail_gid = $GROUP
first_valid_uid = 1
first_valid_gid = 1
mail_max_userip_connections = 100
mail_fsync = never
$CAPABILITY
passdb {
  driver = passwd-file
  args = scheme=PLAIN username_format=%u $DIR/users
}
userdb {
  driver = static
  args = uid=$OWNER gid=$GROUP home=$DIR/mail/%u
}
service imap-login {
  chroot =
  inet_listener imap {
    address = 127.0.0.1
    port = $PLAIN
  }
  inet_listener imaps {
    address = 127.0.0.1
    port = $TLS
    ssl = yes
  }
}
service anvil {
  chroot =
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service stats {
  chroot =
}
`
