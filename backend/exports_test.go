package backend_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The package exports few names, and each is used in an example with an output.
func TestEachExportedNameIsInAnExample(t *testing.T) {
	const most = 55
	exported, shown := map[string]bool{}, map[string]bool{}
	files, err := os.ReadDir(".")
	require.NoError(t, err)
	for _, entry := range files {
		if !strings.HasSuffix(entry.Name(), ".go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), entry.Name(), nil, parser.ParseComments)
		require.NoError(t, err)
		switch {
		case !strings.HasSuffix(entry.Name(), "_test.go"):
			for _, name := range exportsOf(file) {
				exported[name] = true
			}
		case strings.HasPrefix(entry.Name(), "example_"):
			for _, name := range shownIn(file) {
				shown[name] = true
			}
		}
	}
	assert.LessOrEqual(t, len(exported), most)
	for name := range exported {
		assert.True(t, shown[name], "%s is in no example", name)
	}
}

// exportsOf returns the exported types, functions, constants and variables of a file.
func exportsOf(file *ast.File) (names []string) {
	add := func(id *ast.Ident) {
		if id.IsExported() {
			names = append(names, id.Name)
		}
	}
	for _, decl := range file.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil {
				add(d.Name)
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch s := spec.(type) {
				case *ast.TypeSpec:
					add(s.Name)
				case *ast.ValueSpec:
					for _, id := range s.Names {
						add(id)
					}
				}
			}
		}
	}
	return names
}

// shownIn returns the names of package backend that the examples of a file use. It ignores
// examples without an output.
func shownIn(file *ast.File) (names []string) {
	for _, decl := range file.Decls {
		d, ok := decl.(*ast.FuncDecl)
		if !ok || !strings.HasPrefix(d.Name.Name, "Example") || !hasOutput(file, d) {
			continue
		}
		ast.Inspect(d.Body, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok {
				if pkg, ok := s.X.(*ast.Ident); ok && pkg.Name == "backend" {
					names = append(names, s.Sel.Name)
				}
			}
			return true
		})
	}
	return names
}

func hasOutput(file *ast.File, f *ast.FuncDecl) bool {
	for _, comment := range file.Comments {
		if comment.Pos() > f.Body.Pos() && comment.End() < f.Body.End() && strings.HasPrefix(comment.Text(), "Output:") {
			return true
		}
	}
	return false
}
