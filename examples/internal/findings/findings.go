// Package findings joins the findings of connuri.Lint and hook.Lint about a stored connection.
package findings

import (
	"slices"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
)

// Of returns the findings of connuri.Lint about the text of a secret, then those of hook.Lint
// about the connection c that was read from it. A rule that both report for a field is
// returned once.
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
