package web

import (
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"bouncehound"
)

// Metrics are what Prometheus reads. They are a bouncehound.Meter and live as long as
// the process: counters go on when the configuration is reloaded.
type Metrics struct {
	registry *prometheus.Registry

	messages, bounces, imapErrors, deliveries *prometheus.CounterVec
	pollDuration                              *prometheus.HistogramVec
	lastSuccess                               *prometheus.GaugeVec
	state                                     *state

	mu     sync.Mutex
	polled map[string]bool // by mailbox: a poll has ended, well or not
}

var _ bouncehound.Meter = (*Metrics)(nil)

// NewMetrics returns metrics of a program of this version.
func NewMetrics(version, revision string) *Metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	m := &Metrics{
		registry:   prometheus.NewRegistry(),
		messages:   counter("bouncehound_messages_total", "Messages recorded, by what each says first.", "mailbox", "action"),
		bounces:    counter("bouncehound_bounces_total", "Bounces recorded, repeats left out.", "class", "reason", "fault"),
		imapErrors: counter("bouncehound_imap_errors_total", "Errors of IMAP servers, by the stage of the conversation.", "mailbox", "stage"),
		deliveries: counter("bouncehound_webhook_deliveries_total", "Attempts at webhook endpoints: taken, refused, held or gone.", "endpoint", "result"),
		pollDuration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "bouncehound_poll_duration_seconds", Help: "How long polls took, failed ones included.",
			Buckets: []float64{0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800},
		}, []string{"mailbox"}),
		lastSuccess: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "bouncehound_last_success_timestamp_seconds", Help: "When a poll last ended well; 0: not since the start.",
		}, []string{"mailbox"}),
		state:  &state{now: time.Now},
		polled: map[string]bool{},
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "bouncehound_build_info", Help: "1, with the version of the program.",
		ConstLabels: prometheus.Labels{"version": version, "revision": revision},
	})
	build.Set(1)
	m.registry.MustRegister(m.messages, m.bounces, m.imapErrors, m.deliveries, m.pollDuration, m.lastSuccess, m.state, build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Begin tells which mailboxes and endpoints there are from now on: their counters
// start at 0, so that the first error is an increase, and those of others end.
func (m *Metrics) Begin(mailboxes, endpoints []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for old := range m.polled {
		if !slices.Contains(mailboxes, old) {
			delete(m.polled, old)
			for _, v := range []interface {
				DeletePartialMatch(prometheus.Labels) int
			}{m.messages, m.imapErrors, m.pollDuration, m.lastSuccess} {
				v.DeletePartialMatch(prometheus.Labels{"mailbox": old})
			}
		}
	}
	for _, name := range mailboxes {
		if _, known := m.polled[name]; known {
			continue
		}
		m.polled[name] = false
		m.lastSuccess.WithLabelValues(name).Set(0)
		m.pollDuration.WithLabelValues(name)
		for _, stage := range []string{"resolve", "connect", "tls", "login", "select", "search", "fetch", "tidy"} {
			m.imapErrors.WithLabelValues(name, stage)
		}
	}
	for _, name := range endpoints {
		for _, result := range []string{"taken", "refused", "held", "gone"} {
			m.deliveries.WithLabelValues(name, result)
		}
	}
}

// MayBounce tells of a kind of bounce that can come: its counter starts at 0, so that the
// first ones are an increase.
func (m *Metrics) MayBounce(class bouncehound.Class, reason bouncehound.Reason, fault bouncehound.Fault) {
	m.bounces.WithLabelValues(string(class), string(reason), string(fault))
}

// unpolled returns the mailboxes of which no poll has ended yet.
func (m *Metrics) unpolled() (names []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for name, polled := range m.polled {
		if !polled {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// Message implements bouncehound.Meter.
func (m *Metrics) Message(mailbox string, action bouncehound.Action) {
	m.messages.WithLabelValues(mailbox, string(action)).Inc()
}

// Bounce implements bouncehound.Meter.
func (m *Metrics) Bounce(class bouncehound.Class, reason bouncehound.Reason, fault bouncehound.Fault) {
	m.bounces.WithLabelValues(string(class), string(reason), string(fault)).Inc()
}

// Polled implements bouncehound.Meter.
func (m *Metrics) Polled(mailbox string, took time.Duration, at time.Time, well bool) {
	m.pollDuration.WithLabelValues(mailbox).Observe(took.Seconds())
	if well {
		m.lastSuccess.WithLabelValues(mailbox).Set(float64(at.UnixMilli()) / 1000)
	}
	m.mu.Lock()
	m.polled[mailbox] = true
	m.mu.Unlock()
}

// IMAPError implements bouncehound.Meter.
func (m *Metrics) IMAPError(mailbox, stage string) {
	m.imapErrors.WithLabelValues(mailbox, stage).Inc()
}

// Delivery implements bouncehound.Meter.
func (m *Metrics) Delivery(endpoint, result string) {
	m.deliveries.WithLabelValues(endpoint, result).Inc()
}
