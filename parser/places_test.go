package parser

import "testing"

func TestWhoHelpsIsNotBlamed(t *testing.T) {
	for _, words := range []string{
		"Your message to lena@example.net could not be delivered, write to omar@example.net.",
		"lena@example.net existiert nicht mehr, bitte wenden Sie sich an omar@example.net.",
		"lena@example.net no existe; escriba a omar@example.net",
	} {
		r := Parse([]byte("Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.com\nSubject: failure notice\n\n" + words + "\n"))
		if len(r.Recipients) != 1 || r.Recipients[0].Address != "lena@example.net" {
			t.Errorf("%s: %+v", words, r.Recipients)
		}
	}
	r := Parse([]byte("Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.com\nSubject: failure notice\n\nCould not deliver to lena@example.net and omar@example.net.\n"))
	if len(r.Recipients) != 2 {
		t.Errorf("%+v", r.Recipients)
	}
}
