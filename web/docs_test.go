package web

import (
	"context"
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"bouncehound"
)

// standing is a State in which there is one of everything.
type standing struct{}

func (standing) Standings(context.Context) (map[bouncehound.Standing]int64, error) {
	return map[bouncehound.Standing]int64{bouncehound.DoNotEmail: 3}, nil
}
func (standing) UnreadMessages(context.Context) (int64, error) { return 2, nil }
func (standing) Withheld(context.Context) (map[string]int64, error) {
	return map[string]int64{"bounces": 4}, nil
}
func (standing) Lags(context.Context) ([]Lag, error) {
	return []Lag{{"crm", 5, time.Now().Add(-time.Minute)}, {"idle", 0, time.Time{}}}, nil
}
func (standing) Credentials(context.Context) []Credential {
	return []Credential{{"bounces", "client_secret", noon}, {"bounces", "sign_in", time.Time{}}}
}

// scraped are metrics in which something of everything happened, as Prometheus reads
// them.
func scraped(t *testing.T) string {
	t.Helper()
	m := NewMetrics("1.2.3", "abc")
	m.Begin([]string{"bounces"}, []string{"crm"})
	m.Watch(standing{})
	m.Message("bounces", bouncehound.Failed)
	m.MayBounce(bouncehound.Block, bouncehound.SenderBlocked, bouncehound.FaultSender)
	m.Bounce(bouncehound.Hard, bouncehound.UserUnknown, bouncehound.FaultRecipient)
	m.Polled("bounces", 3*time.Second, noon, true)
	m.IMAPError("bounces", "login")
	m.Delivery("crm", "taken")
	return ask(t, Handler(Options{Store: &fake{}, Metrics: m}), "GET /metrics").Body.String()
}

var metricName = regexp.MustCompile(`bouncehound_[a-z_]+`)

// TestMetrics pins the names and labels that dashboards and alerts of others use.
func TestMetrics(t *testing.T) {
	text := scraped(t)
	for _, want := range []string{
		`bouncehound_messages_total{action="failed",mailbox="bounces"} 1`,
		`bouncehound_bounces_total{class="hard",fault="recipient",reason="user_unknown"} 1`,
		`bouncehound_bounces_total{class="block",fault="sender",reason="sender_blocked"} 0`,
		`bouncehound_poll_duration_seconds_sum{mailbox="bounces"} 3`,
		`bouncehound_last_success_timestamp_seconds{mailbox="bounces"} 1.7952624e+09`,
		`bouncehound_imap_errors_total{mailbox="bounces",stage="login"} 1`,
		`bouncehound_imap_errors_total{mailbox="bounces",stage="fetch"} 0`,
		`bouncehound_webhook_deliveries_total{endpoint="crm",result="taken"} 1`,
		`bouncehound_webhook_deliveries_total{endpoint="crm",result="held"} 0`,
		`bouncehound_webhook_lag_events{endpoint="crm"} 5`,
		`bouncehound_webhook_oldest_seconds{endpoint="crm"} 6`, // 60 and a little
		`bouncehound_webhook_oldest_seconds{endpoint="idle"} 0`,
		`bouncehound_contacts{standing="do_not_email"} 3`,
		`bouncehound_contacts{standing="ok"} 0`,
		`bouncehound_unread_messages 2`,
		`bouncehound_withheld_messages{mailbox="bounces"} 4`,
		`bouncehound_credential_expiry_timestamp_seconds{credential="client_secret",mailbox="bounces"} 1.7952624e+09`,
		`bouncehound_build_info{revision="abc",version="1.2.3"} 1`,
	} {
		if !strings.Contains(text, "\n"+want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
	if strings.Contains(text, `credential="sign_in"`) {
		t.Error("an end that is not known is told")
	}
}

// TestMetricsEnd: a mailbox that is configured no more leaves the metrics, so that no
// alert goes on about it.
func TestMetricsEnd(t *testing.T) {
	m := NewMetrics("1", "abc")
	h := Handler(Options{Store: &fake{}, Metrics: m})
	m.Begin([]string{"old", "stays"}, nil)
	m.Message("old", bouncehound.Failed)
	m.Message("stays", bouncehound.Failed)
	m.Begin([]string{"stays"}, nil)
	text := ask(t, h, "GET /metrics").Body.String()
	if strings.Contains(text, `"old"`) || !strings.Contains(text, `bouncehound_messages_total{action="failed",mailbox="stays"} 1`) {
		t.Error(text)
	}
}

// TestDocs: every metric that the alerts, the dashboard and the manual name is there, the
// dashboard and the manual leave none out, and the dashboard is JSON.
func TestDocs(t *testing.T) {
	there := map[string]bool{}
	for _, name := range metricName.FindAllString(scraped(t), -1) {
		there[name] = true
	}
	whole := slices.Sorted(maps.Keys(there))
	for _, doc := range []struct {
		path string
		all  bool
	}{{"../docs/prometheus-alerts.yml", false}, {"../docs/grafana-dashboard.json", true}, {"../docs/operations.md", true}} {
		text, err := os.ReadFile(doc.path)
		if err != nil {
			t.Fatal(err)
		}
		named := metricName.FindAllString(string(text), -1)
		if len(named) < 10 {
			t.Errorf("%s names %d metrics only", doc.path, len(named))
		}
		for _, name := range named {
			if !there[name] {
				t.Errorf("%s names %s, which there is not", doc.path, name)
			}
		}
		for _, name := range whole {
			name = strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(name, "_bucket"), "_sum"), "_count")
			if doc.all && !strings.Contains(string(text), name) {
				t.Errorf("%s does not name %s", doc.path, name)
			}
		}
		if strings.HasSuffix(doc.path, ".json") {
			var dashboard struct {
				Panels []struct {
					Title   string
					Targets []struct{ Expr string }
				}
			}
			if err := json.Unmarshal(text, &dashboard); err != nil || len(dashboard.Panels) < 10 {
				t.Errorf("%s: %d panels, %v", doc.path, len(dashboard.Panels), err)
			}
			for _, p := range dashboard.Panels {
				if p.Title == "" || len(p.Targets) == 0 || p.Targets[0].Expr == "" {
					t.Errorf("a panel shows nothing: %+v", p)
				}
			}
		}
	}
}

// TestAlertsTried: each alert has an example that it fires on, which TestPromtool runs.
func TestAlertsTried(t *testing.T) {
	rules, err := os.ReadFile("../docs/prometheus-alerts.yml")
	if err != nil {
		t.Fatal(err)
	}
	examples, err := os.ReadFile("testdata/alerts.yml")
	if err != nil {
		t.Fatal(err)
	}
	all := regexp.MustCompile(`- alert: (\w+)`).FindAllStringSubmatch(string(rules), -1)
	if len(all) < 10 {
		t.Errorf("%d alerts only", len(all))
	}
	for _, alert := range all {
		if !strings.Contains(string(examples), `alertname="`+alert[1]+`"`) {
			t.Errorf("%s has no example", alert[1])
		}
	}
}

// TestPromtool: Prometheus takes the alert rules, which fire on their examples and are
// quiet while all is well, and finds nothing odd in the metrics.
func TestPromtool(t *testing.T) {
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		t.Skip("promtool is not installed (apt-get install prometheus)")
	}
	if out, err := exec.CommandContext(t.Context(), promtool, "check", "rules", "../docs/prometheus-alerts.yml").CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	if out, err := exec.CommandContext(t.Context(), promtool, "test", "rules", "testdata/alerts.yml").CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	cmd := exec.CommandContext(t.Context(), promtool, "check", "metrics")
	var ours []string
	for line := range strings.Lines(scraped(t)) {
		if strings.Contains(line, "bouncehound_") {
			ours = append(ours, line)
		}
	}
	cmd.Stdin = strings.NewReader(strings.Join(ours, ""))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
