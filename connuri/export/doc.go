// Package export reads and writes the files in which Airflow's connections and variables
// are kept outside a secrets backend:
//
//   - what airflow connections export and airflow variables export write, and what the
//     import commands read: JSON, YAML, and lines of ID=VALUE;
//   - .env files, Compose files, and objects of names and values that set AIRFLOW_CONN_ID and
//     AIRFLOW_VAR_KEY.
//
// Read tells the formats apart by the text alone:
//
//	file, err := export.Read(doc)
//	for _, entry := range file.Entries {
//		c, err := entry.Connection(connuri.TaskSDK)
//		…
//	}
//
// [WriteConnections] and [WriteVariables] write the formats that the import commands read.
// The package is pure: it opens no file and sets no variable.
//
// # Connections
//
// A connection is a URI, or an object with the keys of Airflow's Connection. As in
// airflow connections import, its extra may be an object or text that holds one, also under
// extra_dejson; its port may be text; it may have a uri in place of the fields; and it may
// be the only element of a list. What Airflow's reader refuses is an error that names the field
// and the rule. An entry that cannot be read does not affect the others.
//
// # Environment variables
//
// The id is the rest of the name in lower case, because Airflow asks for the name in upper
// case. It never reads a name that is not all upper case; File.LeftOut has those names and
// the names of all other variables, without their values. Text that cannot be the name of a
// variable may be a misplaced secret, so File.Unnamed only counts it.
//
// A .env file is read where its readers agree. A value without quotes is read as Compose and
// python-dotenv read it: up to " #". After export it must also be one word for a shell. A
// value in quotes may span lines, and must be the same for a shell and Compose: "a\nb" is not,
// because only Compose reads a line feed in it. A $ that a shell or Compose would expand makes
// the entry an error, because its value is not in the file; single quotes protect it, and a
// second $ does in a Compose file. A line that looks like the rest of a wrapped value makes
// the file an error.
//
// A Compose file sets variables in the environments of its services, as lists or as maps, with
// what they merge from anchors. Several services may set the same variable to the same value.
// A number or boolean without quotes is what Compose makes of it: 1.10 is 1.1, and 010 is 8.
// File.EnvFiles has the paths of each env_file, which may set further variables.
//
// # YAML
//
// YAML is read as PyYAML's safe_load reads it: yes is true, 010 is 8, 1:30 is 90, and
// 2024-01-01 is a date, which is refused because JSON has no dates. Aliases and merge keys
// work; an alias that expands without bounds is refused.
//
// # Secrets
//
// No error holds a value. An Entry and a Variable print their values as [redacted]. Only
// Entry.JSON, Entry.Text, connuri.Secret.Reveal and the functions that write reveal them.
//
// # Differences from Airflow
//
// Each is checked by the tests against recorded answers of Airflow's import commands:
//
//   - An entry that Airflow refuses does not affect the others. Airflow refuses the file.
//   - An id that is in a file twice is an error. Airflow keeps the last one of JSON and YAML.
//   - Any id is read, since an export can hold it, except the empty id of a connection. The
//     import accepts fewer, and so do WriteConnections and WriteVariables.
//   - A URI without a conn_type is an error. Airflow reads all of it as the schema.
//   - A boolean or a date in a text field, a password that is a number, and a port that is not a
//     whole number are errors. Airflow leaves them to its database, and databases disagree.
//   - Quotes around a connection in a line of ID=VALUE are removed, and JSON is read there and
//     in a string. Airflow reads both as URIs, though it exports such JSON.
//   - A variable that is an object with a value and no description, or with further keys, is
//     kept whole; see Variable.Whole.
//   - A byte order mark at the start and blank lines are ignored.
//   - YAML: a tag other than !!str is an error; keys such as 1 and true stay two keys; in a list
//     under a merge key the first mapping wins, which PyYAML 6.0.4 alone reverses.
package export
