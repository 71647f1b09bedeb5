package main

import "github.com/airflowsecrets/airflowsecrets/connuri"

// secret is what becomes of one connection or variable.
type secret struct {
	File   string   `json:"file"`
	Kind   string   `json:"kind"` // connection or variable
	ID     string   `json:"id"`
	Name   string   `json:"name"` // of the secret; "" if it cannot have one
	Action action   `json:"action"`
	Fields []string `json:"fields,omitempty"` // that differ from those of an existing secret
	Why    string   `json:"why,omitempty"`
	Notes  []string `json:"notes,omitempty"` // what works, and may not be what was meant

	text        connuri.Secret
	connection  connuri.Connection // what Airflow reads from the text of a connection
	description string             // of the connection or variable; becomes that of the secret
}

// action is what is done, or would be.
type action string

const (
	create   action = "create"           // it does not exist
	created  action = "created"          // it did not exist
	same     action = "there already"    // with the same value
	differs  action = "differs"          // exists with another value, and is left alone
	exists   action = "exists"           // with a value that cannot be compared, and is left alone
	update   action = "update"           // exists with another value, which would be changed
	updated  action = "updated"          // existed with another value
	unknown  action = "cannot tell"      // whether it exists: that may not be read
	refused  action = "refused"          // it could not be stored, or would read back as something else
	failed   action = "failed"           // a call did
	notTried action = "not tried"        // since AWS could not be asked for one before
	unasked  action = "create if absent" // with -offline
)

// bad reports whether the exit code is 1.
func (a action) bad() bool { return a == refused || a == failed || a == notTried }

func (s *secret) set(a action, why string) { s.Action, s.Why = a, why }

func (s *secret) note(text string) { s.Notes = append(s.Notes, text) }
