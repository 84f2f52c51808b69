package web

import (
	"context"
	"net/http"
	"time"
)

// healthTimeout is how long the store may take to answer.
const healthTimeout = 2 * time.Second

// healthz says whether the process lives, all its parts do, and its store answers.
func (h *handler) healthz(w http.ResponseWriter, r *http.Request) {
	if !h.storeAnswers(w, r) {
		return
	}
	if late := h.late(); len(late) > 0 {
		answer(w, http.StatusServiceUnavailable, health{Status: "failing", Late: late})
		return
	}
	answer(w, http.StatusOK, health{Status: "ok"})
}

func (h *handler) late() []string {
	if h.Late == nil {
		return nil
	}
	return h.Late()
}

// readyz says whether, besides, a poll of each mailbox has ended since the start. That
// a server is down does not make the program unready: what is known can be asked for.
func (h *handler) readyz(w http.ResponseWriter, r *http.Request) {
	if !h.storeAnswers(w, r) {
		return
	}
	if waiting := h.Metrics.unpolled(); len(waiting) > 0 {
		answer(w, http.StatusServiceUnavailable, health{Status: "starting", Waiting: waiting})
		return
	}
	answer(w, http.StatusOK, health{Status: "ok"})
}

type health struct {
	Status  string   `json:"status"`            // "ok", "starting" or "failing"
	Waiting []string `json:"waiting,omitempty"` // mailboxes of which no poll has ended yet
	Late    []string `json:"late,omitempty"`    // parts of the daemon that stand still
}

func (h *handler) storeAnswers(w http.ResponseWriter, r *http.Request) bool {
	ctx, cancel := context.WithTimeout(r.Context(), healthTimeout)
	defer cancel()
	if err := h.Store.Answers(ctx); err != nil {
		h.Log.Error("the store does not answer", "err", err)
		answer(w, http.StatusServiceUnavailable, health{Status: "failing"})
		return false
	}
	return true
}

func (h *handler) metrics(w http.ResponseWriter, r *http.Request) { h.prom.ServeHTTP(w, r) }

func (h *handler) document(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(openAPI)
}
