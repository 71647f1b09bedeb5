package export

import (
	"errors"
	"fmt"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyjson"
)

func readJSON(doc string) (File, error) {
	f := File{Format: JSON}
	var broken error
	err := pyjson.Members(doc, func(key, value pyjson.Value) error {
		id, err := whole(key)
		if err != nil {
			broken = errors.New("an id of it holds half of a surrogate pair, which is not UTF-8")
		}
		f.Entries = append(f.Entries, Entry{ID: id, value: connuri.NewSecret(source(value))})
		return nil
	})
	if err != nil {
		return File{}, notAnExport(doc, err)
	}
	if broken != nil {
		return File{}, broken
	}
	return f, printed(f.Entries)
}

// source is a value as it stands in its document.
func source(v pyjson.Value) string {
	if v.Kind == pyjson.String {
		return `"` + v.Raw + `"`
	}
	return v.Raw
}

// What else Airflow prints about connections and variables, and why it cannot be read.
var (
	errGet = errors.New("this is printed by airflow connections get or list, which turns " +
		"the numbers and booleans of an extra into text: use airflow connections export")
	errList = errors.New("this is printed by airflow connections list and holds ids and types only: " +
		"use airflow connections export")
	errVariables = errors.New("this is printed by airflow variables list, which may hide or leave out " +
		"the values: use airflow variables export")
	errAPI = errors.New("this is an answer of Airflow's API, where passwords are masked: " +
		"use airflow connections export or airflow variables export")
	errManifest = errors.New("this is a Kubernetes manifest: copy its environment variables to a file " +
		"with lines of NAME=VALUE")
	errHelm = errors.New("these are the values of a Helm chart: copy its environment variables to a " +
		"file with lines of NAME=VALUE")
)

// printed returns an error for an object that Airflow prints and that is not an export.
func printed(members []Entry) error {
	has := map[string]bool{}
	for _, e := range members {
		has[e.ID] = true
	}
	switch {
	case has["conn_id"] && (has["get_uri"] || has["extra_dejson"]):
		return errGet
	case has["total_entries"] && (has["connections"] || has["variables"]):
		return errAPI
	case has["apiVersion"] && has["kind"]:
		return errManifest
	}
	return nil
}

// notAnExport says what is wrong with JSON that is not an object.
func notAnExport(doc string, err error) error {
	broken, _ := errors.AsType[*pyjson.Error](err)
	switch {
	case errors.Is(err, pyjson.ErrObject):
		return notAnObject(doc)
	case broken == nil:
		return errors.New("not JSON")
	case pyjson.IsSyntax(err):
		return fmt.Errorf("not JSON, byte %d", broken.Offset)
	}
	return fmt.Errorf("%w, byte %d", broken.Err, broken.Offset)
}

// notAnObject knows the lists that Airflow prints.
func notAnObject(doc string) error {
	plain := errors.New("not a JSON object of ids and values")
	if !strings.HasPrefix(doc, "[") {
		return errors.New("null, not a JSON object of ids and values")
	}
	var row []Entry
	first := errors.New("the first")
	_ = pyjson.Elements(doc, func(v pyjson.Value) error {
		_ = pyjson.Members(v.Raw, func(key, _ pyjson.Value) error {
			row = append(row, Entry{ID: key.Raw})
			return nil
		})
		return first
	})
	if lossy := printed(row); lossy != nil {
		return lossy
	}
	for _, e := range row {
		switch e.ID {
		case "conn_id":
			return errList
		case "key":
			return errVariables
		}
	}
	return plain
}
