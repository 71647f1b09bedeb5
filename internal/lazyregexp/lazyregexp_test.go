package lazyregexp_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/internal/lazyregexp"
)

func TestNew(t *testing.T) {
	broken := lazyregexp.New(`(`) // is not compiled yet
	assert.Panics(t, func() { broken() })
	word := lazyregexp.New(`^\w+$`)
	assert.True(t, word().MatchString("word"))
	assert.Same(t, word(), word())
}

// Nothing in the repository compiles an expression as its package is loaded, and every lazy one can be compiled.
func TestRepository(t *testing.T) {
	lazy := 0
	require.NoError(t, filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		for _, decl := range file.Decls {
			if _, ok := decl.(*ast.FuncDecl); ok {
				continue
			}
			ast.Inspect(decl, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				of, _ := call.Fun.(*ast.SelectorExpr)
				if of == nil {
					return true
				}
				switch pkg, _ := of.X.(*ast.Ident); {
				case pkg == nil:
				case pkg.Name == "regexp":
					t.Errorf("%s: regexp.%s at package level; write lazyregexp.New", path, of.Sel.Name)
				case pkg.Name == "lazyregexp":
					lazy++
					expr, err := strconv.Unquote(call.Args[0].(*ast.BasicLit).Value)
					require.NoError(t, err, path)
					assert.NotPanics(t, func() { lazyregexp.New(expr)() }, path)
				}
				return true
			})
		}
		return nil
	}))
	assert.Greater(t, lazy, 20)
}
