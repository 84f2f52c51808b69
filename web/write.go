package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/mail"
	"strings"
	"unicode/utf8"

	"bouncehound"
)

// maxNote is the greatest length of a note or a name, in octets.
const maxNote = 1000

func (h *handler) suppress(w http.ResponseWriter, r *http.Request) {
	address := r.PathValue("address")
	if !isAddress(address) {
		fail(w, http.StatusBadRequest, "this is no address", "give the bare address, percent-encoded")
		return
	}
	h.stand(w, r, address, bouncehound.DoNotEmail)
}

func (h *handler) release(w http.ResponseWriter, r *http.Request) {
	h.stand(w, r, r.PathValue("address"), bouncehound.OK, "force")
}

// stand lets an address stand where the request says.
func (h *handler) stand(w http.ResponseWriter, r *http.Request, address string, standing bouncehound.Standing, parameters ...string) {
	var by struct {
		By   string `json:"by"`
		Note string `json:"note"`
	}
	q, ok := query(w, r, parameters...)
	if !ok || !body(w, r, &by, false) {
		return
	}
	if len(by.By) > maxNote || len(by.Note) > maxNote {
		fail(w, http.StatusBadRequest, "by and note may hold 1000 octets each", "")
		return
	}
	if by.By == "" {
		by.By = "api"
	}
	c, changed, err := h.Store.Stand(r.Context(), address, standing, by.By, by.Note, q.force)
	switch {
	case errors.Is(err, ErrRefused):
		fail(w, http.StatusConflict, err.Error(), "add force=true if the reader wants our mail again")
	case err != nil:
		h.broken(w, r, err)
	case !changed && !bouncehound.IsAddress(address): // " lena@example.com" says nothing of hers
		fail(w, http.StatusBadRequest, "this is no address", "give the bare address, percent-encoded once")
	default:
		answer(w, http.StatusOK, struct {
			Changed bool                `json:"changed"`
			Contact bouncehound.Contact `json:"contact"`
		}{changed, c})
	}
}

// isAddress says whether a is a bare address (RFC 5322 section 3.4.1), so that nothing
// else gets into the store.
func isAddress(a string) bool {
	at := strings.LastIndexByte(a, '@')
	if len(a) > maxAddress || at < 1 || at == len(a)-1 || !utf8.ValidString(a) || strings.ContainsAny(a[at:], " \t<>\"(),") {
		return false
	}
	parsed, err := mail.ParseAddress("<" + a + ">")
	return err == nil && strings.HasSuffix(parsed.Address, a[at:])
}

// decode reads one JSON object without keys that are not known.
func decode(data []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more than one object")
	}
	return nil
}
