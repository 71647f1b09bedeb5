package hook_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/connuri/internal/conntype"
)

// TestTypesTable holds the table in the package doc against the functions that read a
// connection: each is in one row, with the conn_type that it is for.
func TestTypesTable(t *testing.T) {
	files := token.NewFileSet()
	document, err := parser.ParseFile(files, "doc.go", nil, parser.ParseComments)
	require.NoError(t, err)
	text := document.Doc.Text()
	require.Equal(t, 1, strings.Count(text, "# Types\n"))
	_, table, _ := strings.Cut(text, "# Types\n")
	table, _, _ = strings.Cut(table, "\n# ")
	var listed []string
	for line := range strings.Lines(table) {
		row, isRow := strings.CutPrefix(line, "\t")
		if !isRow {
			continue
		}
		cells := slices.DeleteFunc(strings.Split(strings.TrimSpace(row), "  "), func(cell string) bool { return cell == "" })
		require.Len(t, cells, 4, row) // conn_type, function, driver, what is refused
		listed = append(listed, strings.TrimSpace(cells[1]))
		for connType := range strings.SplitSeq(cells[0], ", ") {
			first, _, _ := strings.Cut(cells[0], ",")
			assert.Equal(t, first, conntype.Hook(connType), row)
		}
	}
	assert.ElementsMatch(t, readingFunctions(t, files), listed)
	assert.Len(t, listed, 12)
}

// readingFunctions are the exported functions that take a connection and may fail.
func readingFunctions(t *testing.T, files *token.FileSet) (names []string) {
	sources, err := fs.Glob(os.DirFS("."), "*.go")
	require.NoError(t, err)
	for _, source := range sources {
		if strings.HasSuffix(source, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(files, source, nil, 0)
		require.NoError(t, err)
		for _, declaration := range file.Decls {
			f, ok := declaration.(*ast.FuncDecl)
			if ok && f.Recv == nil && f.Name.IsExported() && f.Type.Results.NumFields() == 2 {
				names = append(names, f.Name.Name)
			}
		}
	}
	return names
}
