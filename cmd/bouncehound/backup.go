package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"bouncehound/db"
)

func (p *program) backupCommand() *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use:   "backup FILE",
		Short: "Copy the store while the daemon works on it",
		Long: `Writes the store as it is at one moment to FILE, whole or not at all, while the
daemon and everybody else go on. The copy is a store: to restore it, stop the daemon,
put it where store.path says, remove the files STORE-wal and STORE-shm, which would
damage it, and start.
The store's owner writes it, also where root asks: FILE is to be in a folder of his.

It does not hold what lies beside the store: the configuration and its secrets, the
sign-ins in tokens/, and STORE.key, without which addresses that were forgotten are
not recognised. Keep copies of these apart.`,
		Example: `  install -d -o bouncehound -m 0700 /var/backups/bouncehound
  bouncehound backup /var/backups/bouncehound/bouncehound.db --force`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			_, store, err := p.existingStore(cmd.Context())
			if err != nil {
				return err
			}
			defer store.Close()
			size, err := store.Backup(cmd.Context(), args[0], force)
			if errors.Is(err, db.ErrExists) {
				return hintError{err, "another name, or --force to replace it"}
			}
			if errors.Is(err, fs.ErrPermission) {
				return hintError{err, fmt.Sprintf("the store's owner writes it, also where root asks; make a folder for it: install -d -o %d -m 0700 FOLDER", os.Geteuid())}
			}
			if err != nil {
				return err
			}
			fmt.Fprintf(p.stderr, "%d bytes written to %s\n", size, args[0])
			return nil
		},
	}
	cmd.Flags().BoolVar(&force, "force", false, "replace FILE")
	return cmd
}
