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
// stand in a list of one. What Airflow's reader refuses is an error that names the field
// and the rule. An entry that cannot be read does not affect the others.
//
// # Environment variables
//
// The id is the rest of the name in lower case, since Airflow asks for the name in upper
// case. A name that is not all upper case is never read, and neither is another variable:
// File.LeftOut has these names. A leading "export " and quotes are removed as a shell does.
// A $ that a shell or Compose would expand is an error unless single quotes (Compose: a
// second $) protect it: the value is not in the file. Text after " #" is a comment unless
// it is in quotes. A quoted value may span lines.
//
// In a Compose file the environments of all services count, as lists or as maps, together
// with what they merge from anchors. Services may repeat a variable if the value is the same.
//
// # YAML
//
// YAML is read as PyYAML's safe_load reads it: yes is true, 010 is 8, 1:30 is 90, and
// 2024-01-01 is a date, which is refused because JSON has no dates. Aliases and merge keys
// work; an alias that expands without bounds is refused.
//
// # Secrets
//
// No error holds a value. An Entry and a Variable print their values as [redacted]; plain
// text leaves by Entry.JSON, Entry.Text, connuri.Secret.Reveal and the functions that write.
//
// # Differences from Airflow
//
//   - An id that is in a file twice is an error. JSON and YAML files keep the last one there.
//   - A byte order mark at the start is ignored; white space is ignored around JSON.
//   - true, false, a date or a list in a text field, and a port that is not a whole number, are
//     errors. Airflow passes them to its database, and databases disagree about them.
//   - Quotes around a connection in a line of ID=VALUE are removed, and JSON is read there.
//     Airflow writes such JSON, and reads it as a URI.
//   - A YAML tag other than !!str is an error.
package export
