// Package findings joins what both Lints say about a stored connection.
package findings

import (
	"slices"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
)

// Of gives the findings of connuri.Lint about the text of a secret, then those of hook.Lint
// about the connection that was read from it, without what was found before.
func Of(text string, words connuri.ConnWords, c connuri.Connection) []connuri.Finding {
	found := connuri.Lint(text, words)
	for _, f := range hook.Lint(c) {
		same := func(g connuri.Finding) bool { return g.Rule == f.Rule && g.Field == f.Field }
		if !slices.ContainsFunc(found, same) {
			found = append(found, f)
		}
	}
	return found
}
