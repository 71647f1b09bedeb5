package hook_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// mayImport are the packages of the standard library that reading settings takes. None reads
// a file; net/http and crypto/tls are for what HTTPConfig.Client and TLS.Config return.
var mayImport = strings.Fields(`context crypto/tls crypto/x509 encoding/base64 errors fmt io log/slog maps math net/http net/http/httptrace
	net/url slices strconv strings sync time
	crypto/ecdsa crypto/elliptic encoding/binary encoding/pem math/big
	crypto/aes crypto/cipher crypto/des crypto/pbkdf2 crypto/rsa crypto/sha1 crypto/sha256 crypto/sha512 encoding/asn1 hash io/fs`)

// TestNoIO: no file of the package imports what reads files or dials, and none starts a
// goroutine.
func TestNoIO(t *testing.T) {
	entries, err := os.ReadDir(".")
	require.NoError(t, err)
	files, imported := 0, map[string]bool{}
	for _, entry := range entries {
		name := entry.Name()
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			continue
		}
		files++
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		require.NoError(t, err)
		for _, spec := range file.Imports {
			path, err := strconv.Unquote(spec.Path.Value)
			require.NoError(t, err)
			if first, _, _ := strings.Cut(path, "/"); !strings.Contains(first, ".") {
				imported[path] = true
				assert.Contains(t, mayImport, path, name)
			}
		}
		ast.Inspect(file, func(n ast.Node) bool {
			_, starts := n.(*ast.GoStmt)
			assert.False(t, starts, "%s starts a goroutine", name)
			return true
		})
	}
	assert.Greater(t, files, 10)
	assert.Len(t, mayImport, len(imported), "a package in the list that nothing imports")
}
