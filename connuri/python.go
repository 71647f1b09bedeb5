package connuri

import (
	"strings"

	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pystr"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyurl"
)

// DependsOnPython reports whether the release of CPython decides if a task gets the connection in a
// secret. That is so for a URI with square brackets before its path that some releases accept and
// others refuse. Encode brackets as %5B and %5D, except for the pair around an address that is the
// host. Airflow has no such function; the package documentation says what urllib.parse.urlsplit
// accepts in which release.
func DependsOnPython(secret string) bool {
	if looksLikeJSON(secret) {
		return false
	}
	uri := pystr.Strip(secret)
	_, host, _ := strings.Cut(uri, "://") // may have a protocol of its own, and is split again
	return pyurl.BracketsDepend(uri) || pyurl.BracketsDepend(host)
}
