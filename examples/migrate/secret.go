package main

import "github.com/airflowsecrets/airflowsecrets/connuri"

// secret is what becomes of one connection or variable.
type secret struct {
	File   string   `json:"file"`
	Kind   string   `json:"kind"` // connection or variable
	ID     string   `json:"id"`
	Name   string   `json:"name"` // of the secret; "" where it cannot have one
	Action action   `json:"action"`
	Why    string   `json:"why,omitempty"`
	Notes  []string `json:"notes,omitempty"` // what works, and perhaps otherwise than was meant

	text        connuri.Secret
	connection  connuri.Connection // what Airflow reads from the text of a connection
	description string             // of the connection or variable; becomes that of the secret
}

// action is what is done, or would be.
type action string

const (
	create   action = "create"           // it is not there
	created  action = "created"          // it was not there
	same     action = "there already"    // with the same text
	exists   action = "exists"           // with another text, and is left alone
	unknown  action = "cannot tell"      // whether it is there: that may not be read
	refused  action = "refused"          // it could not be stored, or would read back otherwise
	failed   action = "failed"           // a call did
	notTried action = "not tried"        // since AWS could not be asked for one before
	unasked  action = "create if absent" // with -offline
)

// bad tells what makes the exit code 1.
func (a action) bad() bool { return a == refused || a == failed || a == notTried }

func (s *secret) set(a action, why string) { s.Action, s.Why = a, why }

func (s *secret) note(text string) { s.Notes = append(s.Notes, text) }
