package connuri_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/conntype"
)

// corpusRow is a text that somebody stores, and what Lint finds in it.
type corpusRow struct {
	Text  string
	Find  []string // the rules, in any order; empty for a text that is as it should be
	Fixed string   // the text as the findings say to write it
	Says  []string // the findings in order, word for word
}

// corpus is what people store.
func corpus(t *testing.T) (rows []corpusRow) {
	file, err := os.Open("testdata/lint.jsonl")
	require.NoError(t, err)
	defer func() { _ = file.Close() }()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		var row corpusRow
		require.NoError(t, json.Unmarshal(lines.Bytes(), &row))
		rows = append(rows, row)
	}
	require.NoError(t, lines.Err())
	return rows
}

func rulesOf(text string) (rules []string) {
	for _, f := range connuri.Lint(text, nil) {
		if !slices.Contains(rules, f.Rule) {
			rules = append(rules, f.Rule)
		}
	}
	return rules
}

// TestCorpus finds in each text what is wrong with it and nothing else, and nothing at all is
// found once the text is written as the findings say.
func TestCorpus(t *testing.T) {
	clean, types := 0, map[string]bool{}
	rows := corpus(t)
	for i, row := range rows {
		assert.ElementsMatch(t, row.Find, rulesOf(row.Text), "line %d: %s", i+1, row.Text)
		if len(row.Find) == 0 {
			clean++
			c, err := connuri.ConnWords(nil).Parse(connuri.TaskSDK, row.Text)
			require.NoError(t, err)
			types[c.Type] = true
			continue
		}
		require.NotEmpty(t, row.Fixed)
		var says []string
		for _, f := range connuri.Lint(row.Text, nil) {
			says = append(says, f.String())
		}
		assert.Equal(t, row.Says, says, "line %d: %s", i+1, row.Text)
		assert.Empty(t, rulesOf(row.Fixed), "line %d: the advice led to %s", i+1, row.Fixed)
	}
	assert.GreaterOrEqual(t, len(rows), 250)
	assert.GreaterOrEqual(t, clean, 100)
	assert.GreaterOrEqual(t, len(types), 25)
}

// TestCorpusInstructs checks the advice for a text that Airflow refuses: both the error and a
// finding give it, and neither sends the reader elsewhere.
func TestCorpusInstructs(t *testing.T) {
	refused := 0
	for i, row := range corpus(t) {
		found := connuri.Lint(row.Text, nil)
		for _, f := range found {
			for _, empty := range []string{"fix that", "see Lint", "connuri.Lint"} {
				assert.NotContains(t, f.Instead, empty)
			}
			assert.Greater(t, len(strings.Fields(f.Instead)), 1, "%s: %s", f.Rule, f.Instead)
		}
		_, err := connuri.ConnWords(nil).Parse(connuri.TaskSDK, row.Text)
		if err == nil {
			continue
		}
		refused++
		told := map[string]bool{}
		for _, f := range found {
			assert.False(t, told[f.Rule+f.Field], "line %d: two pieces of advice on %s", i+1, f.Rule)
			told[f.Rule+f.Field] = true
		}
		var e *connuri.Error
		require.ErrorAs(t, err, &e)
		assert.NotEmpty(t, e.Instead, "line %d", i+1)
		assert.Contains(t, err.Error(), e.Instead)
		same := func(f connuri.Finding) bool { return f.Instead == e.Instead }
		assert.True(t, slices.ContainsFunc(found, same) || slices.ContainsFunc(found, func(f connuri.Finding) bool {
			return slices.Contains([]string{"blank", "export", "quoted", "placeholder", "yaml"}, f.Rule)
		}), "line %d: the error says to %s, and Lint does not: %v", i+1, e.Instead, found)
	}
	assert.Greater(t, refused, 70)
}

// wordsOf splits a text at characters other than letters and digits.
func wordsOf(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) })
}

// own are words that the findings use of their own accord. They are not those of a value: where
// a text has one, it is a key, a type or a word that the driver knows.
var own = func() map[string]bool {
	set, names := map[string]bool{}, ""
	for _, of := range conntype.All() {
		names += " " + of.Names()
	}
	for _, word := range wordsOf(names + fmt.Sprint(conntype.All()) + ` host login password port schema extra uri json true false null description jdbc example`) {
		set[word] = true
	}
	return set
}()

// TestCorpusShowsNothing looks for the words of the texts in the findings about them: none is
// there, but for those that the library knows itself.
func TestCorpusShowsNothing(t *testing.T) {
	known := map[string]bool{}
	for i, row := range corpus(t) {
		said := map[string]bool{}
		for _, f := range connuri.Lint(row.Text, nil) {
			known[f.String()] = true
			for _, word := range wordsOf(f.String()) {
				said[word] = true
			}
		}
		if _, err := connuri.ConnWords(nil).Parse(connuri.TaskSDK, row.Text); err != nil {
			for _, word := range wordsOf(err.Error()) {
				said[word] = true
			}
		}
		for _, word := range wordsOf(row.Text) {
			if len(word) > 3 && !own[word] {
				assert.False(t, said[word], "line %d: a finding shows %s", i+1, word)
			}
		}
	}
	assert.Greater(t, len(known), 100)
}

// TestRandomPasswords: a password that is stored correctly does not cause a finding,
// whatever it is made of.
func TestRandomPasswords(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	found := map[string]int{}
	const passwords = 20_000
	for range passwords {
		password := make([]byte, 8+r.IntN(24))
		for i := range password {
			password[i] = byte('!' + r.IntN('~'-'!'+1))
		}
		c := connuri.Connection{Type: "ftp", Host: "h", Login: "u", Password: connuri.NewSecret(string(password))}
		for _, text := range []string{c.URI(), c.JSON()} {
			for _, f := range connuri.Lint(text, nil) {
				found[f.Rule]++
			}
		}
	}
	for rule, n := range found {
		assert.Less(t, n, passwords/2000, rule)
	}
}
