package lookup

// A Kind is what an id names. Airflow's backend has one method, one prefix and one lookup pattern for each.
type Kind uint8

// The kinds.
const (
	Connection Kind = iota // get_conn_value: connections_prefix, connections_lookup_pattern
	Variable               // get_variable: variables_prefix, variables_lookup_pattern
	Config                 // get_config: config_prefix, config_lookup_pattern; it knows no teams
)

// String gives Airflow's word for the kind.
func (k Kind) String() string {
	switch k {
	case Variable:
		return "variable"
	case Config:
		return "config"
	}
	return "connection"
}

// prefix is the kind's default in Airflow.
func (k Kind) prefix() string {
	switch k {
	case Variable:
		return "airflow/variables"
	case Config:
		return "airflow/config"
	}
	return "airflow/connections"
}
