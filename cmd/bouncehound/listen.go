package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"bouncehound/config"
	"bouncehound/db"
	"bouncehound/web"
)

// A door is the listener of the daemon. It outlives the server of one configuration:
// who knocks while the next takes over waits.
type door struct {
	*net.TCPListener
	address string // as configured
}

// openDoor listens at an address; nil for none.
func openDoor(address string) (*door, error) {
	if address == "" {
		return nil, nil
	}
	ln, err := net.Listen("tcp", address)
	if err != nil {
		return nil, hintError{fmt.Errorf("listen.address: %w", err), "another process may listen there; ss -ltnp tells which"}
	}
	return &door{ln.(*net.TCPListener), address}, nil
}

// Close ends a server's waiting for the next connection and leaves the door open.
func (d *door) Close() error { return d.SetDeadline(time.Unix(1, 0)) }

// shut closes the door; nil is none.
func (d *door) shut() {
	if d != nil {
		d.TCPListener.Close()
	}
}

// doorOf returns the door of the next configuration: the present one where that is
// still right.
func doorOf(present *door, next config.Listen) (*door, error) {
	if present != nil && present.address == next.Address {
		return present, nil
	}
	return openDoor(next.Address)
}

// pages returns what answers HTTP requests; nil if nothing listens.
func (p *program) pages(ctx context.Context, s *settings, store *db.DB, log *slog.Logger, beats *pulse) (http.Handler, error) {
	if s.Listen.Address == "" {
		return nil, nil
	}
	token, err := s.listenToken(ctx)
	if err != nil {
		return nil, err
	}
	return web.Handler(web.Options{Store: webStore{store, s}, Metrics: p.watched.metrics, Token: token, Late: beats.late, Log: log}), nil
}

// listenToken reads the token of the listener; "" where none is configured.
func (s *settings) listenToken(ctx context.Context) (string, error) {
	if !s.Listen.Token.IsSet() {
		return "", nil
	}
	token, err := s.Listen.Token.Read(ctx)
	if err == nil && len(token) < web.MinToken {
		err = fmt.Errorf("shorter than %d characters", web.MinToken)
	}
	if err != nil {
		return "", usageError{fmt.Errorf("listen.token: %w", err), "make one with: openssl rand -hex 32"}
	}
	return token, nil
}

// serve answers requests until ctx is done.
func serve(ctx context.Context, d *door, pages http.Handler) error {
	if d == nil {
		<-ctx.Done()
		return nil
	}
	if err := d.SetDeadline(time.Time{}); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	return web.Serve(ctx, d, pages)
}
