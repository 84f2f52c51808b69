package db

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"bouncehound"
)

// forgottenPrefix begins the key of a contact that was forgotten; after it comes the
// keyed hash of what it was before. No other key holds capital letters.
const (
	forgottenPrefix = "FORGOTTEN:"
	anyForgotten    = `EXISTS (SELECT 1 FROM contacts WHERE key >= 'FORGOTTEN:' AND key < 'FORGOTTEN;')`
)

// forgottenText stands where a forgotten address stood.
const forgottenText = "(forgotten)"

// ErrNoKey says that the key of forgotten addresses is not beside the store: without
// it nobody can tell whether an address is one of them.
var ErrNoKey = errors.New("the key of forgotten addresses is missing")

func isForgotten(key string) bool { return strings.HasPrefix(key, forgottenPrefix) }

// secretPath is where the key of forgotten addresses lies: beside the store, not in it.
func (db *DB) secretPath() string { return db.path + ".key" }

// secretSize is the size of the key in octets.
const secretSize = 32

// forgetKey returns the key of forgotten addresses.
func (db *DB) forgetKey() ([]byte, error) {
	if secret, ok := db.secret.Load().([]byte); ok {
		return secret, nil
	}
	secret, err := os.ReadFile(db.secretPath())
	if err == nil && len(secret) != secretSize {
		err = errors.New("it is not of 32 octets")
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrNoKey, db.secretPath(), plain(err))
	}
	db.secret.Store(secret)
	return secret, nil
}

// makeForgetKey makes the key where there is none and nothing was forgotten yet.
func (db *DB) makeForgetKey(ctx context.Context) ([]byte, error) {
	var needed bool
	if err := db.readers.QueryRowContext(ctx, `SELECT `+anyForgotten).Scan(&needed); err != nil {
		return nil, err
	}
	secret, err := db.forgetKey()
	if err == nil || needed || !errors.Is(err, fs.ErrNotExist) {
		return secret, err
	}
	f, err := os.CreateTemp(filepath.Dir(db.path), unfinished) // with mode 0600
	if err != nil {
		return nil, plain(err)
	}
	defer os.Remove(f.Name())
	made := make([]byte, secretSize)
	rand.Read(made) // never fails
	if _, err := f.Write(made); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return nil, err
	}
	if err := os.Link(f.Name(), db.secretPath()); err != nil && !errors.Is(err, fs.ErrExist) { // or another was quicker
		return nil, err
	}
	if err := syncFolder(filepath.Dir(db.path)); err != nil {
		return nil, err
	}
	return db.forgetKey()
}

// forgottenKey returns the key that a contact has once it is forgotten.
func forgottenKey(secret []byte, key string) string {
	return forgottenPrefix + hex.EncodeToString(keyed(secret, "contact "+key))
}

func keyed(secret []byte, text string) []byte {
	h := hmac.New(sha256.New, secret)
	h.Write([]byte(text))
	return h.Sum(nil)
}

// seal hides a plain hash from all who have not the secret, and takes the cover off
// again.
func seal(secret []byte, forgotten string, hash []byte) []byte {
	sealed := keyed(secret, "seal "+forgotten)
	for i := range sealed {
		sealed[i] ^= hash[i]
	}
	return sealed
}

// unsealed returns the Email of a forgotten contact for those who exchange hashes.
func (db *DB) unsealed(key string, sealed []byte) (string, error) {
	secret, err := db.forgetKey()
	if err != nil {
		return "", err
	}
	return bouncehound.HashedEmail + hex.EncodeToString(seal(secret, key, sealed)), nil
}

// keysOf returns the keys that contacts with these addresses have in the store.
func (db *DB) keysOf(ctx context.Context, addresses ...string) ([]string, error) {
	keys := make([]string, len(addresses))
	for i, a := range addresses {
		keys[i] = bouncehound.Key(a)
	}
	var some bool
	if err := db.readers.QueryRowContext(ctx, `SELECT `+anyForgotten).Scan(&some); err != nil || !some {
		return keys, explain(err)
	}
	secret, err := db.forgetKey()
	if err != nil {
		return nil, err
	}
	hashes := map[string][]int{}
	var list []string
	for i, key := range keys {
		h := forgottenKey(secret, key)
		if hashes[h] == nil {
			list = append(list, h)
		}
		hashes[h] = append(hashes[h], i)
	}
	all, err := encode(list)
	if err != nil {
		return nil, err
	}
	for h, err := range stream(ctx, db.readers, "forgotten", scanText, `SELECT c.key FROM json_each(?) j JOIN contacts c ON c.key = j.value`, string(all)) {
		if err != nil {
			return nil, err
		}
		for _, i := range hashes[h] {
			keys[i] = h
		}
	}
	return keys, nil
}

// key returns the key that the contact with an address has in the store.
func (t *transaction) key(address string) (string, error) {
	key := bouncehound.Key(address)
	if !t.forgottenKnown {
		if _, err := t.one(`SELECT `+anyForgotten, nil, &t.forgottenAny); err != nil {
			return "", err
		}
		t.forgottenKnown = true
	}
	if key == "" || !t.forgottenAny {
		return key, nil
	}
	secret, err := t.db.forgetKey()
	if err != nil {
		return "", err
	}
	h := forgottenKey(secret, key)
	var one int
	ok, err := t.one(`SELECT 1 FROM contacts WHERE key = ?`, []any{h}, &one)
	if err != nil || !ok {
		return key, err
	}
	if t.domains == nil {
		t.domains = map[string]string{}
	}
	t.domains[h] = bouncehound.Domain(key)
	return h, nil
}

// entryKey is bouncehound.EntryKey with the key that a contact has in the store.
func (t *transaction) entryKey(value string) (string, error) {
	if strings.LastIndex(value, "@") > 0 {
		return t.key(value)
	}
	return bouncehound.EntryKey(value), nil
}
