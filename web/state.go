package web

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"bouncehound"
)

// A State tells how things stand, each time Prometheus asks.
type State interface {
	Standings(ctx context.Context) (map[bouncehound.Standing]int64, error) // how many contacts stand where
	UnreadMessages(ctx context.Context) (int64, error)
	Withheld(ctx context.Context) (map[string]int64, error) // messages that servers list and do not hand over, by mailbox
	Lags(ctx context.Context) ([]Lag, error)
	Credentials(ctx context.Context) []Credential
}

// A Lag is how far an endpoint is behind.
type Lag struct {
	Endpoint string
	Events   int64     // that are for it and that it has not taken
	Oldest   time.Time // when the first of them became true; zero: there is none
}

// A Credential is what a mailbox is logged in with and when that ends.
type Credential struct {
	Mailbox string
	Kind    string // "client_secret", "certificate", "sign_in" or "access_token"
	Ends    time.Time
}

// stateTimeout bounds how long one scrape may ask the store.
const stateTimeout = 10 * time.Second

// state collects from a State, which may be set anew.
type state struct {
	from atomic.Pointer[State]
	now  func() time.Time
}

var (
	contactsDesc   = prometheus.NewDesc("bouncehound_contacts", "Contacts, by standing.", []string{"standing"}, nil)
	unreadDesc     = prometheus.NewDesc("bouncehound_unread_messages", "Messages that look like reports and were not understood.", nil, nil)
	withheldDesc   = prometheus.NewDesc("bouncehound_withheld_messages", "Messages that the server lists and does not hand over.", []string{"mailbox"}, nil)
	lagDesc        = prometheus.NewDesc("bouncehound_webhook_lag_events", "Events that an endpoint has not taken yet.", []string{"endpoint"}, nil)
	oldestDesc     = prometheus.NewDesc("bouncehound_webhook_oldest_seconds", "Age of the oldest event that an endpoint has not taken yet; 0: there is none.", []string{"endpoint"}, nil)
	credentialDesc = prometheus.NewDesc("bouncehound_credential_expiry_timestamp_seconds",
		"When what a mailbox is logged in with ends: client_secret, certificate, sign_in or access_token.", []string{"mailbox", "credential"}, nil)
)

func (s *state) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{contactsDesc, unreadDesc, withheldDesc, lagDesc, oldestDesc, credentialDesc} {
		out <- d
	}
}

func (s *state) Collect(out chan<- prometheus.Metric) {
	from := s.from.Load()
	if from == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), stateTimeout)
	defer cancel()
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	if standings, err := (*from).Standings(ctx); err != nil {
		out <- prometheus.NewInvalidMetric(contactsDesc, err)
	} else {
		for _, standing := range []bouncehound.Standing{bouncehound.OK, bouncehound.Watch, bouncehound.DoNotEmail} {
			gauge(contactsDesc, float64(standings[standing]), string(standing))
		}
	}
	if unread, err := (*from).UnreadMessages(ctx); err != nil {
		out <- prometheus.NewInvalidMetric(unreadDesc, err)
	} else {
		gauge(unreadDesc, float64(unread))
	}
	if withheld, err := (*from).Withheld(ctx); err != nil {
		out <- prometheus.NewInvalidMetric(withheldDesc, err)
	} else {
		for mailbox, n := range withheld {
			gauge(withheldDesc, float64(n), mailbox)
		}
	}
	lags, err := (*from).Lags(ctx)
	if err != nil {
		out <- prometheus.NewInvalidMetric(lagDesc, err)
	}
	for _, l := range lags {
		age := 0.0
		if !l.Oldest.IsZero() {
			age = max(s.now().Sub(l.Oldest).Seconds(), 0)
		}
		gauge(lagDesc, float64(l.Events), l.Endpoint)
		gauge(oldestDesc, age, l.Endpoint)
	}
	for _, c := range (*from).Credentials(ctx) {
		if !c.Ends.IsZero() {
			gauge(credentialDesc, float64(c.Ends.Unix()), c.Mailbox, c.Kind)
		}
	}
}

// Watch tells where the gauges that are asked for at each scrape come from.
func (m *Metrics) Watch(from State) { m.state.from.Store(&from) }
