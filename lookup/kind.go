package lookup

import "errors"

// A Kind is what an id names. Airflow's backend has one method, one prefix and one lookup pattern
// for each kind.
type Kind uint8

// The kinds.
const (
	KindConnection Kind = iota // get_conn_value: connections_prefix, connections_lookup_pattern
	KindVariable               // get_variable: variables_prefix, variables_lookup_pattern
	KindConfig                 // get_config: config_prefix, config_lookup_pattern; teams do not apply
)

// String returns Airflow's word for the kind.
func (k Kind) String() string {
	switch k {
	case KindVariable:
		return "variable"
	case KindConfig:
		return "config"
	}
	return "connection"
}

// ParseKind reads a kind: Airflow's word for it, as String returns it, or the plural with which the
// names of its kwargs begin ("connections", "variables"). The error lists the words and does not
// repeat the input.
func ParseKind(word string) (Kind, error) {
	switch word {
	case "connection", "connections":
		return KindConnection, nil
	case "variable", "variables":
		return KindVariable, nil
	case "config":
		return KindConfig, nil
	}
	return 0, errors.New("lookup: a kind is connection, variable or config")
}

// prefix returns the kind's default prefix in Airflow.
func (k Kind) prefix() string {
	switch k {
	case KindVariable:
		return "airflow/variables"
	case KindConfig:
		return "airflow/config"
	}
	return "airflow/connections"
}
